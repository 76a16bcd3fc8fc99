# What stage 1 finds the store on has to be the image's root, or hold a copy of it.
{
  config,
  lib,
  ...
}:

let
  inherit (import ./mounts.nix { inherit lib config; })
    holderOfDatabase
    holderOfStore
    isEmpty
    isOther
    nfsRoot
    root
    ;
  # Units of one's own may mount the store.
  isMountedByUnit = lib.any (
    mount: lib.hasPrefix "/sysroot/nix" mount.where
  ) config.boot.initrd.systemd.mounts;
  mountIt = ''
    fileSystems."/nix" = {
        device = "${root}/nix";
        fsType = "nfs";
        options = config.netImage.nfs.mountOptions;
      };'';
in
{
  config = lib.mkIf (holderOfStore != null) {
    warnings =
      lib.optional (isOther holderOfStore) ''
        The store is at ${holderOfStore.mountPoint} from ${toString holderOfStore.device}, and the image's own is in ${nfsRoot}.
        The board starts only if the system is there, too. Unless you see to that, delete
          fileSystems."${holderOfStore.mountPoint}"''
      ++
        lib.optional
          (
            holderOfStore.mountPoint == "/nix/store"
            # Its database is copied.
            && !config.netImage.store.shared
            && !isEmpty holderOfStore
            && !isOther holderOfStore
            && (isEmpty holderOfDatabase || isOther holderOfDatabase)
          )
          ''
            Nix does not know what is in /nix/store: its database would be at ${holderOfDatabase.mountPoint} and not that of
            the image, and collecting garbage would delete the system. Mount all of /nix instead:
              ${mountIt}'';

    assertions = [
      {
        assertion = isEmpty holderOfStore -> isMountedByUnit;
        message = ''
          Nothing holds /nix/store when the system starts: ${holderOfStore.mountPoint} is a ${holderOfStore.fsType}. Delete your
          fileSystems."${holderOfStore.mountPoint}", or mount the image's store on it:
            ${mountIt}'';
      }
    ];
  };
}
