# What would not mount is said before anything is built.
{
  config,
  lib,
  options,
  ...
}:

let
  cfg = config.netImage;
  inherit (cfg) nfs;

  isGiven = options.netImage.nfsRoot.highestPrio < (lib.mkOptionDefault null).priority;
  keyOf = option: lib.head (lib.splitString "=" option);
  isAddressOption =
    option:
    lib.elem (keyOf option) [
      "addr"
      "mountaddr"
    ];
  addressAgrees =
    option: !isAddressOption option || option == "${keyOf option}=${toString nfs.address}";
  versionAgrees =
    option:
    !lib.elem (keyOf option) [
      "vers"
      "nfsvers"
    ]
    || lib.last (lib.splitString "=" option) == nfs.version;
in
{
  config = {
    assertions = [
      {
        assertion = builtins.match "(\\[[^]]+]|[^:]+):(/.*)" cfg.nfsRoot != null;
        message = ''
          netImage.nfsRoot is "${cfg.nfsRoot}", which is not a server and a path. Write
            netImage.nfsRoot = "192.0.2.1:/srv/nfs/pi";'';
      }
      {
        assertion = isGiven || nfs.server != null;
        message = ''
          The image does not know its NFS server. Set
            netImage.nfs.server = "192.0.2.1";
          to the server's address.'';
      }
      {
        assertion = nfs.server == null || cfg.nfsRoot == "${nfs.server}:${nfs.path}";
        message = ''
          netImage.nfsRoot is "${cfg.nfsRoot}", but netImage.nfs says "${toString nfs.server}:${nfs.path}".
          Set one of them only.'';
      }
      {
        assertion = lib.all versionAgrees (lib.concatMap (lib.splitString ",") nfs.options);
        message = ''
          netImage.nfs.options has a vers= other than netImage.nfs.version, ${nfs.version}.
          Take it out of the options.'';
      }
      {
        assertion = nfs.address == null || lib.all addressAgrees nfs.options;
        message = ''
          netImage.nfs.options has an addr= or mountaddr= other than ${toString nfs.address}.
          Take it out; it follows from the server.'';
      }
      {
        assertion = !lib.any (lib.hasInfix ",") nfs.options;
        message = ''
          netImage.nfs.options (or nfsOptions) has options in one string. Write
            netImage.nfs.options = [ ${
              lib.concatMapStringsSep " " (option: ''"${option}"'') (
                lib.filter (option: !isAddressOption option) (lib.concatMap (lib.splitString ",") nfs.options)
              )
            } ];'';
      }
      {
        assertion = config.boot.initrd.systemd.enable || nfs.server == null || nfs.address != null;
        message = ''
          The scripted stage 1 mounts the root without resolving names. Set
            netImage.nfs.address = "192.0.2.1";
          to the address of ${toString nfs.server}, or boot.initrd.systemd.enable = true.'';
      }
    ];
  };
}
