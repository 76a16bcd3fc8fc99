# What the running system has at a place, and whether that is of the image.
{ lib, config }:

rec {
  inherit (config.netImage) nfsRoot;
  root = lib.removeSuffix "/" (toString nfsRoot);

  mounted = lib.filter (fs: fs.enable or true) (lib.attrValues config.fileSystems);
  at = place: lib.findFirst (fs: fs.mountPoint == place) null mounted;
  # The first of these places at which there is something.
  holderOf = places: lib.findFirst (fs: fs != null) null (map at places);
  holderOfStore = holderOf [
    "/nix/store"
    "/nix"
    "/"
  ];
  holderOfDatabase = holderOf [
    "/nix/var/nix/db"
    "/nix/var/nix"
    "/nix/var"
    "/nix"
    "/"
  ];

  isEmpty =
    fs:
    lib.elem fs.fsType [
      "tmpfs"
      "ramfs"
    ];
  # Whether it is sure to be something else than a part of the image.
  isOther =
    fs:
    let
      device = toString fs.device;
      isNfs = lib.elem fs.fsType [
        "nfs"
        "nfs4"
      ];
      isOurs = device == nfsRoot || device == root || lib.hasPrefix "${root}/" device;
    in
    # Of each machine's own, by persist.nix.
    (isNfs && !isOurs) || fs.fsType == "netimage" || lib.hasPrefix "/dev/" device;
  isReadOnly = fs: lib.elem "ro" fs.options;
}
