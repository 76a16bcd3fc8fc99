# What stage 1 finds the store on has to be the image's root, or hold a copy of it.
{
  config,
  lib,
  ...
}:

let
  inherit (config.netImage) nfsRoot;
  mounted = lib.filter (fs: fs.enable or true) (lib.attrValues config.fileSystems);
  at = place: lib.findFirst (fs: fs.mountPoint == place) null mounted;
  holder = lib.findFirst (fs: fs != null) null (
    map at [
      "/nix/store"
      "/nix"
      "/"
    ]
  );
  device = toString holder.device;
  isEmpty = lib.elem holder.fsType [
    "tmpfs"
    "ramfs"
  ];
  isNfs = lib.elem holder.fsType [
    "nfs"
    "nfs4"
  ];
  root = lib.removeSuffix "/" nfsRoot;
  isOurs = device == nfsRoot || device == root || lib.hasPrefix "${root}/" device;
  isOther = (isNfs && !isOurs) || lib.hasPrefix "/dev/" device;
  # Units of one's own may mount the store.
  isMountedByUnit = lib.any (
    mount: lib.hasPrefix "/sysroot/nix" mount.where
  ) config.boot.initrd.systemd.mounts;
in
{
  config = lib.mkIf (holder != null) {
    warnings = lib.optional isOther ''
      The store is at ${holder.mountPoint} from ${device}, and the image's own is in ${nfsRoot}.
      The board starts only if the system is there, too. Unless you see to that, delete
        fileSystems."${holder.mountPoint}"'';

    assertions = [
      {
        assertion = isEmpty -> isMountedByUnit;
        message = ''
          Nothing holds /nix/store when the system starts: ${holder.mountPoint} is a ${holder.fsType}. Delete your
          fileSystems."${holder.mountPoint}", or mount the image's store on it:
            fileSystems."/nix/store" = {
              device = "${root}/nix/store";
              fsType = "nfs";
              options = config.netImage.nfs.mountOptions;
            };'';
      }
    ];
  };
}
