# The initrd: drivers, the network, and the means to mount the root.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.netImage;
  systemd = config.boot.initrd.systemd.enable;
  kernel = config.boot.kernelPackages.kernel;

  # Raspberry Pi's own kernels have these drivers built in, and lack some that
  # mainline has; a module that is not there would fail the build. Some are
  # called like any other, and tell by their source, or by a configuration that
  # only Raspberry Pi's tree has.
  kernelMarks = lib.concatMapStringsSep " " toString [
    (kernel.pname or "")
    (kernel.version or "")
    (kernel.src.url or "")
    (kernel.src.meta.homepage or "")
    (kernel.configfile.kernelBaseConfig or "")
  ];
  isVendorKernel = lib.any (mark: lib.hasInfix mark kernelMarks) [
    "rpi"
    "rpt"
    "stable_"
    "raspberrypi/linux"
    "bcm27"
  ];

  boards = lib.importJSON ../boards.json;
  ethernet =
    { modules, modulesSince, ... }:
    modules
    ++ lib.concatLists (
      lib.mapAttrsToList (
        release: lib.optionals (lib.versionAtLeast kernel.version release)
      ) modulesSince
    );

  noTpm = lib.mkIf isVendorKernel (lib.mkDefault false);

  # What stage 1 can put on its ports, and the modules that make it. Raspberry Pi's
  # kernels have them, too; NixOS asks for those of its own bridges and VLANs only.
  modulesOfKinds = {
    bond = "bonding";
    bridge = "bridge";
    macvlan = "macvlan";
    vlan = "8021q";
  };
  kinds = map (netdev: netdev.netdevConfig.Kind or null) (
    lib.filter (netdev: netdev.enable or true) (
      lib.attrValues config.boot.initrd.systemd.network.netdevs
    )
  );

  # Only the first interface with a lease is waited for.
  isWired = {
    Type = "ether";
    Kind = "!*";
  };
in
{
  options.netImage.boards = mkOption {
    type = types.listOf (types.enum (lib.attrNames boards));
    default = [ "rpi4" ];
    example = [
      "rpi4"
      "rpi5"
    ];
    description = ''
      The boards that boot the image. They decide which firmware files, device
      trees and initrd drivers go in.
    '';
  };

  config = {
    boot.initrd = lib.mkMerge [
      {
        # Vendor kernels lack what these ask for, disks above all.
        includeDefaultModules = lib.mkIf isVendorKernel (lib.mkDefault false);
        availableKernelModules = [
          "nfs"
          (if cfg.nfs.version == "3" then "nfsv3" else "nfsv4")
        ]
        ++ lib.optionals (!isVendorKernel) (
          lib.unique (lib.concatMap (board: ethernet boards.${board}) cfg.boards)
        )
        ++ lib.optionals systemd (
          lib.attrValues (lib.filterAttrs (kind: _: lib.elem kind kinds) modulesOfKinds)
        );
        supportedFilesystems = [ "nfs" ];
        network.enable = true;

        systemd = lib.mkIf systemd {
          extraBin."mount.nfs" = "${pkgs.nfs-utils}/bin/mount.nfs";
          # mount.nfs looks the protocol of proto= up there.
          storePaths = [ "${pkgs.libtirpc}/etc/netconfig" ];
          contents."/etc/protocols".source = "${pkgs.iana-etc}/etc/protocols";
          network.networks."98-netimage" = {
            matchConfig = isWired;
            DHCP = lib.mkDefault (if cfg.nfs.isIPv6 then "yes" else "ipv4");
            # Around the section: NixOS checks a setting below one condition or
            # priority, not below both.
            linkConfig = lib.mkIf cfg.nfs.isIPv6 { RequiredFamilyForOnline = lib.mkDefault "ipv6"; };
          };
          network.wait-online.anyInterface = lib.mkDefault true;
        };
      }
      # The root needs its network when stage 1 is over.
      (lib.optionalAttrs (options.boot.initrd.network ? flushBeforeStage2) {
        network.flushBeforeStage2 = lib.mkDefault false;
      })
      # Vendor kernels lack the modules of TPMs, which no Raspberry Pi has. The
      # option has had two names.
      (
        if options.boot.initrd.systemd ? tpm2 then
          { systemd.tpm2.enable = noTpm; }
        else
          lib.optionalAttrs (options.boot.initrd.systemd ? enableTpm2) { systemd.enableTpm2 = noTpm; }
      )
      # The scripted stage 1 alone has the following, as long as NixOS has that.
      (lib.optionalAttrs (options.boot.initrd ? preLVMCommands) {
        # An adapter on USB may come after the others have been asked for an
        # address (the network is started at order 500).
        preLVMCommands = lib.mkIf (!systemd) (
          lib.mkOrder 400 ''
            for attempt in $(seq 60); do
              for interface in /sys/class/net/*; do
                [ -e "$interface/device" ] && break 2
              done
              sleep 0.5
            done
          ''
        );
      })
      (lib.optionalAttrs (options.boot.initrd.network ? udhcpc) {
        network.udhcpc = lib.mkIf (!systemd) {
          enable = lib.mkDefault true;
          # It gives up after 3 tries by itself, and the mount is not tried again.
          extraArgs = [
            "-t"
            "20"
          ];
        };
      })
    ];

    assertions = [
      {
        assertion = cfg.boards != [ ];
        message = ''netImage.boards is empty. Set it to the boards that boot the image, like [ "rpi4" ].'';
      }
      {
        assertion = !(config.boot.initrd.network.flushBeforeStage2 or false);
        message = ''
          boot.initrd.network.flushBeforeStage2 would take the network from under
          the root. Set it to false.'';
      }
    ];
  };
}
