# A system whose store is a depot's, read-only: what it writes is in memory, or in a root
# on NFS, beside what persist.nix keeps.
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
  inherit (cfg.store) shared;
  isKept = cfg.store.root == "nfs";

  # What would write to the store, or to what names paths of it.
  writers = lib.attrNames (
    lib.filterAttrs (_: isOn: isOn) {
      "nix.gc.automatic" = config.nix.gc.automatic;
      "nix.optimise.automatic" = config.nix.optimise.automatic;
      "nix.settings.auto-optimise-store" = config.nix.settings.auto-optimise-store or false;
      "system.autoUpgrade.enable" = config.system.autoUpgrade.enable;
    }
  );
  rebuild = pkgs.writeShellScriptBin "nixos-rebuild" ''
    read -r name </proc/sys/kernel/hostname
    echo ${
      lib.escapeShellArg "nixos-rebuild: this machine has its store from a depot and cannot change it; build its image elsewhere, and on ${toString cfg.nfs.server} run: netimage-builder deploy ./result ${cfg.store.depot} --machine"
    } "$name" >&2
    exit 1
  '';
in
{
  options.netImage.store = {
    shared = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether machines have the store of a depot, read-only, and `/` as `store.root`
        says. One image then serves many machines, each of which keeps what
        `netImage.persist.directories` says. It is put into the depot by
        `netimage-builder deploy`. Stage 1 has to be systemd.
      '';
    };

    depot = mkOption {
      type = types.strMatching "/.*[^/]" // {
        description = "path without a slash at its end";
      };
      default = "/srv/netimage";
      example = "/volume1/netimage";
      description = ''
        The depot's directory, as the NFS server calls it: what `netimage-builder init`
        was given, or its `--export`.
      '';
    };

    root = mkOption {
      type = types.enum [
        "memory"
        "nfs"
      ];
      default = "memory";
      description = ''
        Where `/` is, where the store is shared: in memory, empty at each boot, or on NFS,
        in a directory of each machine's own, `rootfs` beside what it keeps. Stage 1 makes
        that, and mounts it with `persist.options`. `/nix/var` is in memory either way.
      '';
    };

    rootOptions = mkOption {
      type = types.listOf types.str;
      default = [
        "mode=0755"
        "size=50%"
      ];
      example = [
        "mode=0755"
        "size=256M"
      ];
      description = ''
        How `/` is mounted in memory, where the store is shared (tmpfs(5)). What it
        holds is no longer there for programs, so that it has a limit.
      '';
    };
  };

  config = lib.mkIf shared (
    lib.mkMerge [
      {
        netImage.rootKind = "shared";
        netImage.nfs.path = lib.mkDefault "${cfg.store.depot}/store";

        # Kept, it is of persist.nix.
        fileSystems."/" = lib.mkIf (!isKept) {
          device = "tmpfs";
          fsType = "tmpfs";
          options = cfg.store.rootOptions;
        };
        # Nix's database is that of the generation, copied at each boot.
        fileSystems."/nix/var" = lib.mkIf isKept {
          device = "tmpfs";
          fsType = "tmpfs";
          options = [ "mode=0755" ];
          neededForBoot = true;
        };
        fileSystems."/nix/store" = {
          device = cfg.nfsRoot;
          fsType = "nfs";
          options = cfg.nfs.mountOptions;
        };

        boot.initrd.systemd.enable = lib.mkDefault true;
        # That of the machine is on its own command line, and any of ours would win.
        networking.hostName = lib.mkDefault "";

        environment.systemPackages = [ (lib.hiPrio rebuild) ];

        netImage.assertions = [
          {
            assertion = cfg.populateRootCommands == "";
            message = ''
              netImage.populateRootCommands fills a root in the image, and machines that share a store have none there. Delete it,
              and make files by environment.etc or systemd.tmpfiles:
                environment.etc.issue.text = "pi";'';
          }
        ];
        assertions = [
          {
            assertion = isKept -> cfg.store.rootOptions == options.netImage.store.rootOptions.default;
            message = ''
              netImage.store.rootOptions is for a root in memory, and netImage.store.root is "nfs". Delete it, or set
                netImage.store.root = "memory";'';
          }
          {
            assertion = config.boot.initrd.systemd.enable;
            message = ''
              A shared store needs systemd in stage 1. Set
                boot.initrd.systemd.enable = true;'';
          }
          {
            assertion = writers == [ ];
            message = ''
              The store is shared, and no machine may write to it; netimage-builder gc collects the depot. Set
              ${lib.concatMapStringsSep "\n" (option: "  ${option} = false;") writers}'';
          }
        ];
      }
      # Switched to is another generation by a boot.
      (lib.optionalAttrs (options ? system.switch.enable) {
        system.switch.enable = lib.mkDefault false;
      })
    ]
  );
}
