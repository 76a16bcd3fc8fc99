# Configurations that cannot work, and the words of the message that says so,
# the line to write among them.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  no-server = {
    module = { };
    says = [
      "does not know its NFS server"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  two-roots = {
    module = {
      imports = [ server ];
      netImage.nfsRoot = "192.0.2.2:/srv/other";
    };
    says = [
      "192.0.2.2:/srv/other"
      "Set one of them only"
    ];
  };
  # As the original's own text had its options.
  joined-options = {
    module = {
      netImage.nfsRoot = "192.0.2.7:/srv/old";
      netImage.nfsOptions = [ "nolock,rw,vers=3,hard" ];
    };
    says = [ "netImage.nfs.options = [ \"nolock\" \"rw\" \"vers=3\" \"hard\" ];" ];
  };
  joined-string = {
    module = {
      netImage.nfsRoot = "192.0.2.7:/srv/old";
      netImage.nfsOptions = "nolock,rw,vers=3,hard";
    };
    says = [ "netImage.nfs.options = [ \"nolock\" \"rw\" \"vers=3\" \"hard\" ];" ];
  };
  two-versions = {
    module = {
      imports = [ server ];
      netImage.nfs.version = "4.2";
      netImage.nfs.options = [ "vers=3" ];
    };
    says = [
      "has a vers= other than netImage.nfs.version, 4.2"
      "Take it out of the options"
    ];
  };
  # The original's own text said one address here and another there.
  two-addresses = {
    module = {
      netImage.nfsRoot = "192.0.2.108:/mnt/nfsshare/pi";
      netImage.nfsOptions = [
        "vers=3"
        "mountaddr=192.0.2.1"
      ];
    };
    says = [
      "other than 192.0.2.108"
      "Take it out"
    ];
  };
  other-address = {
    module = {
      imports = [ server ];
      netImage.nfs.address = "192.0.2.77";
    };
    says = [
      "netImage.nfs.address is 192.0.2.77, but netImage.nfs.server 192.0.2.1"
      "Delete netImage.nfs.address"
    ];
  };
  link-local = {
    module.netImage.nfs.server = "fe80::1";
    says = [ "netImage.nfs.server = \"fd00::1\";" ];
  };
  two-addresses-joined = {
    module = {
      netImage.nfsRoot = "192.0.2.108:/mnt/nfsshare/pi";
      netImage.nfsOptions = "vers=3,hard,mountaddr=192.0.2.1";
    };
    says = [ "netImage.nfs.options = [ \"vers=3\" \"hard\" ];" ];
  };
  migration-service = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.raspberry-pi-nix.firmware-migration-service.enable = lib.mkEnableOption "it";
        config.raspberry-pi-nix.firmware-migration-service.enable = true;
      };
    says = [ "raspberry-pi-nix.firmware-migration-service.enable = lib.mkForce false;" ];
  };
  other-boot-loader = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.boot.loader.raspberry-pi.enable = lib.mkEnableOption "it";
        config.boot.loader.raspberry-pi.enable = true;
      };
    says = [ "boot.loader.raspberry-pi.enable = lib.mkForce false;" ];
  };
  systemd-boot = {
    module = {
      imports = [ server ];
      boot.loader.systemd-boot.enable = true;
      boot.loader.generic-extlinux-compatible.enable = true;
    };
    says = [
      "boot.loader.systemd-boot.enable = lib.mkForce false;"
      "boot.loader.generic-extlinux-compatible.enable = lib.mkForce false;"
    ];
  };
  firmware-on-switch = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.hardware.raspberry-pi.firmware.enable = lib.mkEnableOption "it";
        config.hardware.raspberry-pi.firmware.enable = true;
      };
    says = [ "hardware.raspberry-pi.firmware.enable = lib.mkForce false;" ];
  };
  root-without-path = {
    module.netImage.nfsRoot = "192.0.2.7";
    says = [ "netImage.nfsRoot" ];
  };
  name-in-scripted = {
    module = {
      boot.initrd.systemd.enable = false;
      netImage.nfs.server = "nas.example.org";
    };
    says = [
      "without resolving names"
      "netImage.nfs.address = "
      "boot.initrd.systemd.enable = true"
    ];
  };
  no-boards = {
    module = {
      imports = [ server ];
      netImage.boards = [ ];
    };
    says = [
      "netImage.boards is empty"
      "[ \"rpi4\" ]"
    ];
  };
  flush = {
    module = {
      imports = [ server ];
      boot.initrd.network.flushBeforeStage2 = true;
    };
    says = [
      "boot.initrd.network.flushBeforeStage2"
      "Set it to false"
    ];
  };
  scripted-addresses = {
    module = {
      imports = [ server ];
      networking.useNetworkd = false;
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
    };
    says = [ "networking.useNetworkd = true;" ];
  };
  # --------------------------------------- a port that has no address
  # As the original's own author had it.
  port-without-dhcp = {
    module = {
      imports = [ server ];
      networking.useDHCP = false;
      networking.interfaces.eth0.useDHCP = false;
      networking.interfaces.wlan0.useDHCP = true;
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  port-by-hand-without-dhcp = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "e*";
        networkConfig.DHCP = "no";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".networkConfig.DHCP = \"ipv4\";" ];
  };
  port-unmanaged = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        linkConfig.Unmanaged = true;
        DHCP = "ipv4";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".linkConfig.Unmanaged = false;" ];
  };
  port-with-other-address = {
    module = {
      imports = [ server ];
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv6.addresses = [
        {
          address = "2001:db8::9";
          prefixLength = 64;
        }
      ];
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  no-network = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        boot.initrd.network.enable = lib.mkForce false;
      };
    says = [
      "Stage 1 has no network"
      "boot.initrd.network.enable = true;"
    ];
  };
  no-network-scripted = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        boot.initrd.systemd.enable = false;
        boot.initrd.network.enable = lib.mkForce false;
      };
    says = [ "boot.initrd.network.enable = true;" ];
  };
  no-networkd = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.enable = false;
    };
    says = [ "boot.initrd.systemd.network.enable = true;" ];
  };
  # Of version 6, to a server of version 4.
  port-with-other-protocol = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Type = "ether";
        DHCP = "ipv6";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".DHCP = \"ipv4\";" ];
  };
  bridge-without-address = {
    module = {
      imports = [ server ];
      networking.bridges.br0.interfaces = [ "eth0" ];
    };
    says = [
      "no .network file is for br0"
      "networking.interfaces.br0.useDHCP = true;"
    ];
  };
  bridge-after-scripted = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.enable = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.enable = true;"
    ];
  };
  bridge-of-scripts = {
    module = {
      imports = [ server ];
      networking.useNetworkd = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    };
    says = [
      "would put eth0 into br0"
      "networking.useNetworkd = true;"
    ];
  };
  bridge-by-hand = {
    module = {
      imports = [ server ];
      systemd.network = {
        netdevs."10-br0".netdevConfig = {
          Kind = "bridge";
          Name = "br0";
        };
        networks."20-port" = {
          matchConfig.Name = "eth0";
          networkConfig.Bridge = "br0";
        };
        networks."30-br0" = {
          matchConfig.Name = "br0";
          DHCP = "ipv4";
        };
      };
    };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.network.netdevs.\"10-br0\" = config.systemd.network.netdevs.\"10-br0\";"
      "boot.initrd.systemd.network.networks.\"20-port\" = config.systemd.network.networks.\"20-port\";"
      "boot.initrd.systemd.network.networks.\"30-br0\" = config.systemd.network.networks.\"30-br0\";"
    ];
  };
  bridge-by-hand-scripted = {
    module =
      let
        network = {
          netdevs."10-br0".netdevConfig = {
            Kind = "bridge";
            Name = "br0";
          };
          networks."20-port" = {
            matchConfig.Name = "eth0";
            networkConfig.Bridge = "br0";
          };
        };
      in
      {
        imports = [ server ];
        boot.initrd.systemd.enable = false;
        systemd.network = network;
        boot.initrd.systemd.network = network;
      };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.enable = true;"
    ];
  };
  # NixOS makes bonds in stage 2 only.
  bond = {
    module = {
      imports = [ server ];
      networking.bonds.bond0.interfaces = [
        "eth0"
        "eth1"
      ];
      networking.interfaces.bond0.useDHCP = true;
    };
    says = [
      "would put eth0 into bond0"
      "networking.bonds.bond0.interfaces = lib.mkForce [ \"eth1\" ];"
    ];
  };
  # A file for the port, in which there is a route and nothing else.
  gateway-without-address = {
    module = {
      imports = [ server ];
      networking.defaultGateway = {
        address = "192.0.2.254";
        interface = "eth0";
      };
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  gateway-without-interface = {
    module = {
      imports = [ server ];
      networking.defaultGateway = "192.0.2.254";
    };
    says = [
      "netimage turns"
      "networking.defaultGateway = { address = \"192.0.2.254\"; interface = \"eth0\"; };"
    ];
  };
  gateway6-without-interface = {
    module = {
      imports = [ server ];
      networking.useNetworkd = true;
      networking.defaultGateway6 = "fe80::1";
    };
    says = [
      "networkd needs the interface of a gateway. Write"
      "networking.defaultGateway6 = { address = \"fe80::1\"; interface = \"eth0\"; };"
    ];
  };
  # --------------------------------------------- a root that holds no store
  root-in-memory = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
      };
    says = [
      "Nothing holds /nix/store"
      "fileSystems.\"/nix\" = {"
      "device = \"192.0.2.1:/mnt/nfsshare/"
    ];
  };
  root-in-memory-unregistered = {
    module =
      { config, lib, ... }:
      {
        imports = [ server ];
        netImage.nixDatabase = false;
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      };
    says = [
      "the system's root"
      "netImage.nixDatabase = true;"
    ];
  };
  read-only-database = {
    module =
      { config, ... }:
      {
        imports = [ server ];
        netImage.nixDatabase = false;
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions ++ [ "ro" ];
        };
      };
    says = [
      "mounted read-only"
      "netImage.nixDatabase = true;"
    ];
  };
  read-only-unregistered = {
    module = {
      imports = [ server ];
      netImage.nixDatabase = false;
      netImage.nfs.options = [ "ro" ];
    };
    says = [ "netImage.nixDatabase = true;" ];
  };
  no-shutdown-ramfs = {
    module = {
      imports = [ server ];
      systemd.shutdownRamfs.enable = false;
    };
    says = [
      "systemd.shutdownRamfs.enable"
      "Set it to true"
    ];
  };
  unknown-board = {
    module = {
      imports = [ server ];
      netImage.boards = [ "rpi1" ];
    };
    says = [
      "netImage.boards"
      "\"rpi4\""
    ];
  };
  # ------------------------------------------------- what mounts nothing
  read-only-and-not = {
    module = {
      imports = [ server ];
      netImage.nfs.options = [
        "ro"
        "hard"
        "rw"
      ];
    };
    says = [
      "has ro and rw"
      "Leave one in netImage.nfs.options"
    ];
  };
  two-values = {
    module = {
      imports = [ server ];
      netImage.nfs.options = [
        "rsize=1024"
        "rsize=4096"
        "x-systemd.requires=a.service"
        "x-systemd.requires=b.service"
      ];
    };
    says = [ "has rsize=1024 and rsize=4096" ];
  };
  impossible-address = {
    module.netImage.nfs.server = "192.0.2.256";
    says = [
      "192.0.2.256"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  brackets-without-address = {
    module.netImage.nfs.server = "[nas]";
    says = [
      "[nas]"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  blank-before-server = {
    module.netImage.nfs.server = " nas.example.org";
    says = [
      "\" nas.example.org\""
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  impossible-numeric-address = {
    module = {
      boot.initrd.systemd.enable = false;
      netImage.nfs.server = "nas.example.org";
      netImage.nfs.address = "192.0.2";
    };
    says = [ "netImage.nfs.address = \"192.0.2.1\";" ];
  };
  ipv6-root-without-brackets = {
    module.netImage.nfsRoot = "2001:db8::1:/srv/nfs/pi";
    says = [ "with an IPv6 address in brackets" ];
  };
  relative-path = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "srv/nfs/pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  path-with-comma = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "/srv/nfs,pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  path-with-blank = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "/srv/my pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  compat-and-options = {
    module = {
      imports = [ server ];
      netImage.compat.nfsOptions = true;
      netImage.nfs.options = [ "ro" ];
    };
    says = [ "netImage.compat.nfsOptions = false;" ];
  };
  compat-and-version = {
    module = {
      imports = [ server ];
      netImage.compat.nfsOptions = true;
      netImage.nfs.version = "4.2";
    };
    says = [ "netImage.compat.nfsOptions = false;" ];
  };

  # --------------------------------------------------- what does not boot
  root-name-with-slash = {
    module = {
      imports = [ server ];
      netImage.rootDirectoryName = "pi/root";
    };
    says = [
      "netImage.rootDirectoryName"
      "name without `/`"
    ];
  };
  root-name-too-long = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        netImage.rootDirectoryName = lib.concatStrings (lib.replicate 208 "a");
      };
    says = [ "netImage.rootDirectoryName" ];
  };
  unknown-code = {
    module = {
      imports = [ server ];
      netImage.allow = [ "no-such-code" ];
    };
    says = [
      "netImage.allow"
      "code in docs/checks.md"
    ];
  };
  file-outside = {
    module = {
      imports = [ server ];
      netImage.firmware.files."../config.txt" = "[all]\n";
    };
    says = [
      "../config.txt"
      "netImage.firmware.files.\"overlays/my.dtbo\" = ./my.dtbo;"
    ];
  };
  absolute-file = {
    module = {
      imports = [ server ];
      netImage.firmware.files."/note.txt" = "a text";
    };
    says = [ "\"/note.txt\"" ];
  };
  file-of-nothing = {
    module = {
      imports = [ server ];
      netImage.firmware.files."note.txt" = { };
    };
    says = [ "netImage.firmware.files.\"overlays/my.dtbo\".source = ./my.dtbo;" ];
  };
  nfsroot-parameter = {
    module = {
      imports = [ server ];
      boot.kernelParams = [ "nfsroot=192.0.2.7:/srv/old" ];
    };
    says = [
      "nfsroot=192.0.2.7:/srv/old"
      "Delete that from boot.kernelParams"
    ];
  };
  root-parameter = {
    module = {
      imports = [ server ];
      boot.kernelParams = [ "root=/dev/nfs" ];
    };
    says = [
      "root=/dev/nfs"
      "Delete that from boot.kernelParams"
    ];
  };
  other-processor = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        nixpkgs.hostPlatform = lib.mkForce "x86_64-linux";
      };
    says = [ "nixpkgs.hostPlatform = \"aarch64-linux\";" ];
  };
}
