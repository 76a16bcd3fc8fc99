# What a machine with a shared store keeps: a directory of its own in the depot, which
# its command line names, at /persist, and what is mounted from there, be it the root.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.netImage;
  inherit (cfg) nfs persist;
  place = "/persist";

  # Only the command line tells what to mount, and a table of mounts is fixed: it names
  # a type of its own, which mount knows by this helper.
  helper = pkgs.writeShellScriptBin "mount.netimage" ''
    export PATH=${lib.makeBinPath [ pkgs.nfs-utils ]}:/bin:/sbin''${PATH:+:$PATH}
    ${builtins.readFile ./mount-persist.sh}'';

  # All of it, or a directory.
  mounted = name: {
    device = "netimage.persist${name}";
    fsType = "netimage";
    # systemd waits for the network as with NFS.
    options = [ "_netdev" ] ++ persist.options;
    neededForBoot = true;
    noCheck = true;
  };

  kept = map (directory: {
    what = "${place}${directory}";
    where = directory;
  }) (lib.subtractLists misplaced persist.directories);
  misplaced = lib.filter (
    directory:
    lib.any (other: directory == other || lib.hasPrefix "${other}/" directory) [
      "/nix/store"
      place
    ]
  ) persist.directories;
in
{
  options.netImage.persist = {
    directories = mkOption {
      type = types.listOf (
        types.strMatching "(/[^/[:space:]]+)+"
        // {
          description = "path without a slash at its end";
        }
      );
      default = [ ];
      example = [ "/var/lib/tailscale" ];
      description = ''
        What each machine keeps where the store is shared, mounted in stage 1 from the
        same place below `${place}`. These are added: `/var/lib/nixos` (the numbers of
        users and groups), `/var/lib/systemd/timesync` (the time, as boards have no
        clock) and `/var/log`. SSH host keys are in `${place}/etc/ssh`, and the machine
        ID is on the command line.
      '';
    };

    options = mkOption {
      type = types.listOf types.str;
      default = [
        "vers=${nfs.version}"
        "rw"
        "hard"
        (if nfs.isIPv6 then "proto=tcp6" else "proto=tcp")
        "noatime"
      ]
      ++ lib.optional (nfs.version == "3") "nolock";
      defaultText = lib.literalMD "`rw`, `hard`, `noatime`, with version and protocol as in `nfs`";
      description = "How `${place}` is mounted, and `/` where that is kept, too.";
    };
  };

  config = lib.mkMerge [
    {
      netImage.persist.directories = lib.mkIf cfg.store.shared [
        "/var/lib/nixos"
        "/var/lib/systemd/timesync"
        "/var/log"
      ];
    }
    (lib.mkIf cfg.store.shared {
      fileSystems = {
        ${place} = mounted "";
        # By a name that no directory of a system has.
        "/" = lib.mkIf (cfg.store.root == "nfs") (mounted "/rootfs");
      }
      // lib.listToAttrs (
        map (
          { what, where }:
          lib.nameValuePair where {
            device = what;
            fsType = "none";
            options = [ "bind" ];
            neededForBoot = true;
          }
        ) kept
      );
      system.fsPackages = [ helper ];

      boot.initrd.systemd = {
        extraBin."mount.netimage" = "${helper}/bin/mount.netimage";
        storePaths = [ "${pkgs.nfs-utils}/bin/mount.nfs" ];
        # Not every systemd sees to it that what is bound lies in /sysroot, too.
        mounts = map (
          { what, where }:
          {
            what = "/sysroot${what}";
            where = "/sysroot${where}";
            type = "none";
            options = "bind";
            requiredBy = [ "initrd-fs.target" ];
            before = [ "initrd-fs.target" ];
            unitConfig.DefaultDependencies = false;
          }
        ) kept;
      };

      # Where `netimage-builder machine add` makes it, and before /etc is there.
      services.openssh.hostKeys = lib.mkDefault [
        {
          type = "ed25519";
          path = "${place}/etc/ssh/ssh_host_ed25519_key";
        }
      ];

      assertions = [
        {
          assertion = misplaced == [ ];
          message = ''
            netImage.persist.directories has ${lib.concatStringsSep ", " misplaced}, which comes from the depot itself.
            Delete that from netImage.persist.directories.'';
        }
      ];
    })
  ];
}
