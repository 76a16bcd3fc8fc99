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

  # More than the mkDefault of compat.nix.
  isGivenByUser = option: option.highestPrio < (lib.mkDefault null).priority;
  inherit (import ./nfs-text.nix { inherit lib; })
    contradictory
    isAddress
    isAddressOption
    isIPv4
    isIPv6
    isServer
    isVersion
    keyOf
    parseRoot
    split
    unbracketed
    valueOf
    ;
  # What publishes the name servers that DHCP gave, in newer releases.
  resolves = config.boot.initrd.services.resolved.enable or false;
  addressAgrees =
    option: !isAddressOption option || option == "${keyOf option}=${toString nfs.address}";
  contradictions = contradictory (split nfs.options);
  versionAgrees = option: !isVersion option || valueOf option == nfs.version;
in
{
  config = {
    warnings =
      lib.optional
        (
          config.boot.initrd.systemd.enable && nfs.server != null && nfs.address == null && !resolves
        )
        ''
          ${nfs.server} is a name, and stage 1 of this NixOS resolves none. Set
            netImage.nfs.server = "192.0.2.1";
          to its address, or boot.initrd.services.resolved.enable = true where NixOS has it.''
      ++ lib.optional (nfs.isIPv6 && !config.boot.initrd.systemd.enable) ''
      The scripted stage 1 asks for an IPv4 address only. It reaches
      ${cfg.nfs.address} only if a router announces the network. Set
        boot.initrd.systemd.enable = true;
      and stage 1 asks for both.'';

    assertions = [
      {
        assertion = cfg.nfsRoot == null || parseRoot cfg.nfsRoot != null;
        message = ''
          netImage.nfsRoot is "${cfg.nfsRoot}", which is not a server and a path. Write
            netImage.nfsRoot = "192.0.2.1:/srv/nfs/pi";
          with an IPv6 address in brackets.'';
      }
      {
        assertion = nfs.server == null || isServer nfs.server;
        message = ''
          netImage.nfs.server is "${toString nfs.server}", which is neither an address nor a name. Write
            netImage.nfs.server = "192.0.2.1";'';
      }
      {
        assertion =
          nfs.address == null
          || isIPv4 nfs.address
          || isIPv6 nfs.address
          # Said above.
          || (nfs.server != null && !isServer nfs.server);
        message = ''
          netImage.nfs.address is "${toString nfs.address}", which is not an address. Write
            netImage.nfs.address = "192.0.2.1";'';
      }
      {
        assertion =
          nfs.address == null
          || nfs.server == null
          || !isAddress nfs.server
          || unbracketed nfs.server == nfs.address;
        message = ''
          netImage.nfs.address is ${toString nfs.address}, but netImage.nfs.server ${toString nfs.server}.
          Delete netImage.nfs.address; it follows from the server.'';
      }
      {
        assertion = !lib.hasPrefix "fe80:" (lib.toLower (toString nfs.address));
        message = ''
          netImage.nfs.address is ${toString nfs.address}, which is reached only through an
          interface that is named with it, and the kernel takes no name. Give the server's global
          or unique local address:
            netImage.nfs.server = "fd00::1";'';
      }
      {
        assertion = builtins.match "/[^[:space:][:cntrl:],]*" nfs.path != null;
        message = ''
          netImage.nfs.path is "${nfs.path}". It has to begin with a slash, and have no blank
          and no comma, which mount and the kernel would take for the path's end. Write
            netImage.nfs.path = "/srv/nfs/pi";'';
      }
      {
        assertion = cfg.nfsRoot != null;
        message = ''
          The image does not know its NFS server. Set
            netImage.nfs.server = "192.0.2.1";
          to the server's address.'';
      }
      {
        assertion = nfs.server == null || cfg.nfsRoot == "${nfs.server}:${nfs.path}";
        message = ''
          netImage.nfsRoot is "${toString cfg.nfsRoot}", but netImage.nfs says "${toString nfs.server}:${nfs.path}".
          Set one of them only.'';
      }
      {
        assertion = cfg.compat.nfsOptions || lib.all versionAgrees (split nfs.options);
        message = ''
          netImage.nfs.options has a vers= other than netImage.nfs.version, ${nfs.version}.
          Take it out of the options.'';
      }
      {
        assertion = contradictions == [ ];
        message = ''
          netImage.nfs.options has ${lib.concatStringsSep " and " contradictions}, of which only one would count.
          Leave one in netImage.nfs.options, and delete the others.'';
      }
      {
        assertion =
          cfg.compat.nfsOptions -> !isGivenByUser options.netImage.nfs.options && nfs.version == "3";
        message = ''
          netImage.compat.nfsOptions gives all mount options, and netImage.nfs.options (or nfsOptions)
          or netImage.nfs.version gives others. Delete these, or write
            netImage.compat.nfsOptions = false;'';
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
                lib.filter (option: !isAddressOption option) (split nfs.options)
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
