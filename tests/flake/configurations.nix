# Configurations that have to work, by name. Some change one thing of another.
{ lib, netimage }:

let
  server = {
    netImage.nfs.server = "192.0.2.1";
    netImage.nfs.path = "/srv/nfs/pi";
  };
  scripted = {
    boot.initrd.systemd.enable = false;
  };
  with' = modules: { imports = [ server ] ++ modules; };
  # nixpkgs' own kernel has no driver for their Ethernet.
  isPi5 =
    board:
    lib.elem board [
      "rpi5"
      "rpi500"
      "cm5"
    ];
  vendorKernel =
    { pkgs, ... }:
    {
      boot.kernelPackages = pkgs.linuxPackages_rpi4;
    };
  boards = [
    "rpi3"
    "rpi3-plus"
    "rpi-zero2w"
    "rpi4"
    "rpi400"
    "cm4"
    "rpi5"
    "rpi500"
    "cm5"
  ];
  version = version: { netImage.nfs.version = version; };

  # As one wrote it for the module that this one replaces, with its options alone.
  original =
    { config, pkgs, ... }:
    {
      boot.initrd.systemd.enable = false;
      netImage = {
        nfsRoot = "192.0.2.7:/mnt/nfsshare/old";
        nfsOptions = [
          "nolock"
          "rw"
          "vers=3"
          "rsize=131072"
          "wsize=131072"
          "namlen=255"
          "hard"
          "noacl"
          "proto=tcp"
          "timeo=11"
          "retrans=3"
          "sec=sys"
          "mountaddr=192.0.2.7"
          "mountvers=3"
          "mountproto=tcp"
          "local_lock=all"
          "addr=192.0.2.7"
          "noatime"
          "nodiratime"
        ];
        imageBaseName = "old-image";
        storePaths = [ (pkgs.writeText "one-more" "one more\n") ];
        populateFirmwareCommands = ''
          cp ${config.system.build.kernel}/${config.system.boot.loader.kernelFile} kernel.img
          cp ${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile} initrd
          cp ${pkgs.raspberrypifw}/share/raspberrypi/boot/{bootcode.bin,start*.elf,fixup*.dat,*.dtb} .
          cp -r ${pkgs.raspberrypifw}/share/raspberrypi/boot/overlays .
          printf '%s\n' 'arm_64bit=1' 'kernel=kernel.img' 'initramfs initrd followkernel' >config.txt
          echo "root=/dev/nfs nfsroot=192.0.2.7:/mnt/nfsshare/old,vers=3 ip=dhcp init=/sbin/init" >cmdline.txt
          echo dot >.dotfile
          mkdir .directory
          echo 'cost: $5 `date`' >.directory/text
        '';
        populateRootCommands = ''
          mkdir -p ./files/sbin ./files/etc
          printf '#!/bin/sh\nexec %s/init\n' ${config.system.build.toplevel} >./files/sbin/init
          chmod +x ./files/sbin/init
          echo '$HOME "quoted" \n' >./files/etc/motd
          echo dot >./files/.dotfile
          echo 'not for the root' >./note
        '';
      };
    };
in
{
  systemd = with' [ ];
  scripted = with' [ scripted ];
  systemd-v3 = with' [ (version "3") ];
  scripted-v3 = with' [
    scripted
    (version "3")
  ];

  inherit original;
  original-names = {
    imports = [ original ];
    netImage.imageBaseName = lib.mkForce "not this";
    netImage.rootDirectoryName = "old-root";
  };
  compat = with' [
    {
      netImage.compat = {
        nfsOptions = true;
        registerAtBoot = true;
      };
    }
  ];
  # Commands that name the system, which must not wait for them.
  commands-of-system =
    { config, ... }:
    {
      imports = [ original ];
      boot.initrd.systemd.enable = lib.mkForce true;
      netImage.populateFirmwareCommands = lib.mkAfter ''
        echo "init=${config.system.build.toplevel}/init root=fstab" >cmdline.txt
      '';
    };
  # Of a boot loader that is on, which is looked at only where there are none.
  commands-of-extlinux =
    { config, ... }:
    {
      imports = [ original ];
      boot.loader.generic-extlinux-compatible.enable = true;
      netImage.populateFirmwareCommands = lib.mkAfter ''
        ${config.boot.loader.generic-extlinux-compatible.populateCmd} -c ${config.system.build.toplevel} -d .
      '';
    };
  # As others' modules turn one on.
  loader-by-default = with' [ { boot.loader.systemd-boot.enable = lib.mkDefault true; } ];
  # The name that a later version of it had.
  directory-base-name = with' [ { netImage.directoryBaseName = "later"; } ];

  both-names = with' [ { imports = [ netimage.nixosModules.net-image ]; } ];
  server-by-name = with' [ { netImage.nfs.server = lib.mkForce "nas.example.org"; } ];
  server-ipv6 = with' [ { netImage.nfs.server = lib.mkForce "[2001:db8::1]"; } ];
  # The brackets are only needed before a path.
  server-ipv6-bare = with' [ { netImage.nfs.server = lib.mkForce "2001:db8::1"; } ];
  compat-ipv6 = with' [
    {
      netImage.compat.nfsOptions = true;
      netImage.nfs.server = lib.mkForce "[2001:db8::1]";
    }
  ];
  server-ipv6-scripted = with' [
    scripted
    { netImage.nfs.server = lib.mkForce "[2001:db8::1]"; }
  ];

  # With what raspberry-pi-nix adds by itself, and somebody by hand.
  raspberry-pi-nix = with' [
    {
      options.raspberry-pi-nix.board = lib.mkOption { type = lib.types.str; };
      config = {
        raspberry-pi-nix.board = "bcm2711";
        boot.kernelParams = [ "init=/sbin/init" ];
      };
    }
  ];
  # As raspberry-pi-nix and nixos-raspberrypi have it.
  raspberry-pi-config = with' [
    {
      options.hardware.raspberry-pi.config = lib.mkOption { type = lib.types.anything; };
      config.hardware.raspberry-pi.config = {
        all = {
          options.arm_boost = {
            enable = true;
            value = true;
          };
          # The image has its own.
          options.kernel = {
            enable = true;
            value = "kernel.img";
          };
          base-dt-params.audio = {
            enable = true;
            value = "on";
          };
          dt-overlays.vc4-kms-v3d = {
            enable = true;
            params.cma-256.enable = true;
          };
        };
        "board-type=0x11".options.gpu_mem = {
          enable = true;
          value = 64;
        };
        pi4.options.hdmi_safe = {
          enable = false;
          value = true;
        };
      };
    }
    {
      options.hardware.raspberry-pi.extra-config = lib.mkOption { type = lib.types.lines; };
      config.hardware.raspberry-pi.extra-config = ''
        [all]
        dtparam=spi=on
        initramfs other followkernel
      '';
    }
    { netImage.configTxt.pi4.arm_boost = false; }
  ];
  replaced-parameters = with' [
    {
      boot.kernelParams = [
        "init=/sbin/init"
        "ip=dhcp"
      ];
    }
  ];

  # ------------------------------------------------------------- mount options
  options-added = with' [ { netImage.nfs.options = lib.mkAfter [ "nconnect=4" ]; } ];
  options-against = with' [
    {
      netImage.nfs.options = [
        "ro"
        "softerr"
        "atime"
      ];
    }
  ];
  options-alone = with' [ { netImage.nfs.options = lib.mkForce [ "hard" ]; } ];

  # The root in memory, and the store where it was, with its database.
  root-in-memory = with' [
    (
      { config, ... }:
      {
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      }
    )
  ];

  # With a warning, as Nix's database is left behind.
  store-alone = with' [
    (
      { config, ... }:
      {
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix/store" = {
          device = "${config.netImage.nfsRoot}/nix/store";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      }
    )
  ];

  # As nixos-hardware has it, its boot loader among it.
  nixos-hardware = with' [
    (
      { pkgs, ... }:
      {
        options.hardware.raspberry-pi = {
          configtxt.file = lib.mkOption { type = lib.types.path; };
          firmware.enable = lib.mkEnableOption "writing it";
        };
        config = {
          hardware.raspberry-pi.configtxt.file = pkgs.writeText "config.txt" ''
            [all]
            enable_uart=1
            kernel=u-boot.bin
            kernel_watchdog_timeout=30
            [all]
            [cm5]
            dtoverlay=dwc2
            dtparam=dr_mode=host
            dtoverlay=
          '';
          boot.loader.grub.enable = lib.mkDefault false;
          boot.loader.generic-extlinux-compatible.enable = lib.mkDefault true;
        };
      }
    )
  ];

  parameters = with' [ { netImage.kernelParams = [ "console=serial0,115200" ]; } ];

  no-database = with' [ { netImage.nixDatabase = false; } ];

  own-networks = with' [
    {
      networking.useDHCP = false;
      systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        networkConfig.DHCP = "ipv4";
      };
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        networkConfig.DHCP = "ipv4";
        networkConfig.KeepConfiguration = "static";
      };
    }
  ];
  fixed-address = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
    }
  ];
  # ------------------------------------------- the root's port, in other words
  wlan-also = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.eth0.useDHCP = true;
      networking.interfaces.wlan0.useDHCP = true;
    }
  ];
  # Stage 1 makes the bridge, too.
  bridge = with' [
    {
      networking.useDHCP = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    }
  ];
  bridge-elsewhere = with' [
    scripted
    {
      networking.bridges.br0.interfaces = [ "eth1" ];
      networking.bonds.bond0.interfaces = [ "eth2" ];
    }
  ];
  # By hand, in both stages.
  bond = with' [
    (
      let
        networks = {
          netdevs."10-bond0".netdevConfig = {
            Kind = "bond";
            Name = "bond0";
          };
          networks."20-ports" = {
            matchConfig.Name = "eth0 eth1";
            networkConfig.Bond = "bond0";
          };
          networks."30-bond0" = {
            matchConfig.Name = "bond0";
            DHCP = "ipv4";
          };
        };
      in
      {
        networking.useDHCP = false;
        systemd.network = networks;
        boot.initrd.systemd.network = networks;
      }
    )
  ];
  vlan = with' [
    {
      networking.useDHCP = false;
      networking.vlans.lan = {
        id = 5;
        interface = "eth0";
      };
      networking.interfaces.lan.useDHCP = true;
    }
  ];
  # The kernel's own means, of a vendor kernel.
  address-by-parameter = with' [
    vendorKernel
    {
      networking.interfaces.eth0.useDHCP = false;
      netImage.kernelParams = [ "ip=192.0.2.9::192.0.2.254:255.255.255.0::eth0:off" ];
    }
  ];
  names-of-udev = with' [
    {
      networking.usePredictableInterfaceNames = true;
      networking.useDHCP = false;
      networking.interfaces.end0.useDHCP = true;
    }
  ];
  # The port of one board, and any other.
  port-by-address = with' [
    {
      boot.initrd.systemd.network.networks."10-pi" = {
        matchConfig.MACAddress = "dc:a6:32:01:36:c2";
        networkConfig.LinkLocalAddressing = "no";
      };
    }
  ];
  # With a warning, as there is no end0.
  absent-name = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.end0.useDHCP = true;
    }
  ];
  absent-name-by-hand = with' [
    {
      networking.useDHCP = false;
      systemd.network.networks."10-lan" = {
        matchConfig.Name = "end0";
        networkConfig.DHCP = "ipv4";
      };
    }
  ];
  # The other may be the root's.
  second-port = with' [
    {
      boot.initrd.systemd.network.networks = {
        "10-root" = {
          matchConfig.Name = "eth1";
          networkConfig.DHCP = "ipv4";
        };
        "20-other" = {
          matchConfig.Name = "eth0";
          networkConfig.DHCP = "no";
        };
      };
    }
  ];
  # None of them carries the root.
  fixed-addresses-elsewhere = with' [
    {
      networking.useNetworkd = false;
      networking.bridges.br0.interfaces = [ "eth1" ];
      networking.interfaces = lib.genAttrs [ "lo" "dummy0" "br0" ] (_: {
        ipv4.addresses = [
          {
            address = "198.51.100.9";
            prefixLength = 32;
          }
        ];
      });
    }
  ];
  gateway = with' [
    {
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
      networking.defaultGateway = {
        address = "192.0.2.254";
        interface = "eth0";
      };
    }
  ];

  network-manager = with' [ { networking.networkmanager.enable = true; } ];
  network-manager-scripted = with' [
    scripted
    { networking.networkmanager.enable = true; }
  ];
  dhcpcd = with' [ { networking.useNetworkd = false; } ];

  config-txt = with' [
    {
      netImage.configTxt = {
        all.enable_uart = true;
        pi4.dtoverlay = [
          "disable-wifi"
          "disable-bt"
        ];
        pi4.arm_boost = false;
        # Passed by boards that pass [pi4], too.
        cm4.arm_boost = true;
        pi400.arm_boost = true;
        # Of another kind: nothing after it may hang on it.
        "board-type=0x14".gpu_mem = 64;
        "0x1234abcd".gpu_mem = 32;
      };
      netImage.firmware.files = {
        "note.txt" = "a text\n";
        # It begins like a path.
        "my.dts" = "/dts-v1/;\n";
        "given.txt".text = "/given/as/text\n";
        "given.dtbo".source = ./configurations.nix;
        "overlays/my.dtbo" = ./configurations.nix;
      };
    }
  ];

  # What fails the build by itself; see failing.nix.
  allowed = with' [
    {
      netImage.boards = [ "rpi5" ];
      netImage.allow = [ "initrd-no-network-driver" ];
    }
  ];

  # Their drivers are built in.
  vendor-kernel = with' [ vendorKernel ];
  # Called like any other, as raspberry-pi-nix has had it.
  vendor-kernel-by-configuration = with' [
    (
      { pkgs, ... }:
      {
        boot.kernelPackages = pkgs.linuxPackagesFor (
          pkgs.linux_rpi4
          // {
            pname = "linux";
            version = "6.12.17";
          }
        );
      }
    )
  ];
  # nixpkgs' kernel from 6.18 on drives all of them.
  board-mainline = with' [
    (
      { pkgs, ... }:
      {
        boot.kernelPackages = pkgs.linuxPackages_latest;
        netImage.boards = [
          "rpi3"
          "rpi4"
          "rpi5"
        ];
      }
    )
  ];
  board-all = with' [
    vendorKernel
    { netImage.boards = boards; }
  ];
}
// lib.listToAttrs (
  map (
    board:
    lib.nameValuePair "board-${board}" (
      with' ([ { netImage.boards = [ board ]; } ] ++ lib.optional (isPi5 board) vendorKernel)
    )
  ) boards
)
