# Nix's database on a root over NFS: as it was built, or made at first boot.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.netImage;
  inherit (import ./mounts.nix { inherit lib config; })
    at
    holderOfDatabase
    isEmpty
    isOther
    isReadOnly
    nfsRoot
    ;
  root = at "/";
  registration = "/nix-path-registration";
  # Without a write-ahead log SQLite locks by making this directory, and waits
  # without end for one that was left when the power went.
  lock = "/nix/var/nix/db/db.sqlite.lock";
in
{
  config = {
    # SQLite's write-ahead log needs shared memory, which NFS has not.
    nix.settings.use-sqlite-wal = lib.mkDefault false;
    # At boot, nobody else has the database open.
    systemd.tmpfiles.rules = [ "R! ${lock}" ];

    systemd.services.netimage-register = lib.mkIf (!cfg.nixDatabase) {
      description = "Register the store of the network root with Nix";
      unitConfig = {
        DefaultDependencies = false;
        ConditionPathExists = registration;
        RequiresMountsFor = "/nix/store /nix/var/nix";
      };
      wantedBy = [ "sysinit.target" ];
      # Nothing may use or collect the store before it is known.
      before = [
        "sysinit.target"
        "shutdown.target"
        "nix-daemon.socket"
        "nix-daemon.service"
        "nix-gc.service"
        "nix-optimise.service"
      ];
      after = [ "local-fs.target" ];
      conflicts = [ "shutdown.target" ];
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      # Each step may be done again; the file goes last, so that whatever was
      # interrupted is done again at the next boot.
      script = ''
        rm -rf ${lock}
        ${config.nix.package.out}/bin/nix-store --load-db < ${registration}
        ${config.nix.package.out}/bin/nix-env --profile /nix/var/nix/profiles/system \
          --set "$(readlink --canonicalize /run/current-system)"
        touch /etc/NIXOS
        sync
        rm ${registration}
      '';
    };

    assertions = [
      {
        assertion = cfg.nixDatabase || !isReadOnly root && !isReadOnly holderOfDatabase;
        message = ''
          The first boot would register the store with Nix, on a root that is mounted read-only. Set
            netImage.nixDatabase = true;
          or take "ro" out of netImage.nfs.options.'';
      }
      {
        assertion = cfg.nixDatabase || !isEmpty root && !isOther root;
        message = ''
          The first boot would register the store with Nix by a file in ${nfsRoot}, which is not
          the system's root. Set
            netImage.nixDatabase = true;'';
      }
    ];
  };
}
