# What the original module did otherwise, for those who need it as it was.
{
  config,
  lib,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (config.netImage) compat nfs;
  tcp = if nfs.isIPv6 then "tcp6" else "tcp";
in
{
  options.netImage.compat = {
    nfsOptions = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the root is mounted as the original did: NFS version 3 and its
        list of options, with the addresses of `netImage.nfs`.
      '';
    };

    registerAtBoot = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the store is registered at first boot, as the original did, in
        place of a Nix database in the image. The root has to be writable.
      '';
    };
  };

  config.netImage = {
    nixDatabase = lib.mkIf compat.registerAtBoot (lib.mkDefault false);
    nfs.options = lib.mkIf compat.nfsOptions (
      lib.mkDefault [
        "nolock"
        "rw"
        "vers=3"
        "rsize=131072"
        "wsize=131072"
        "namlen=255"
        "hard"
        "noacl"
        "proto=${tcp}"
        "timeo=11"
        "retrans=3"
        "sec=sys"
        "mountvers=3"
        "mountproto=${tcp}"
        "local_lock=all"
        "noatime"
        "nodiratime"
      ]
    );
  };
}
