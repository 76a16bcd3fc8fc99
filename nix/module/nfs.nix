# The root over NFS: one set of options, from which everything else derives.
{
  config,
  lib,
  options,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.netImage;
  inherit (cfg) nfs;

  # Be it to its default.
  isGiven = option: option.highestPrio < (lib.mkOptionDefault null).priority;
  isForced = option: option.highestPrio <= (lib.mkForce null).priority;

  inherit (import ./nfs-text.nix { inherit lib; })
    bracketed
    decides
    isAddress
    isVersion
    keyOf
    parseRoot
    split
    unbracketed
    valueOf
    ;

  # Each until an option decides the same.
  defaults = [
    (if cfg.store.shared then "ro" else "rw")
    "hard"
    (if nfs.isIPv6 then "proto=tcp6" else "proto=tcp")
    "noatime"
  ]
  ++ lib.optionals cfg.store.shared ofShared;
  # What has a name in a store never changes; names come to be in it. A machine asks
  # for none that is not there yet.
  ofShared = [
    "nocto"
    "nolock"
    "acregmin=3600"
    "acregmax=86400"
    "acdirmax=30"
  ];

  parsed = parseRoot (toString cfg.nfsRoot);
  isVersion3 = nfs.version == "3";
  # Joined ones are refused, with a message that needs the rest evaluated.
  options' = split nfs.options;
  has = key: lib.any (option: keyOf option == key) options';
  versionOption = lib.findFirst isVersion null options';

  # Without a helper, as in the scripted stage 1, mount passes the options to
  # the kernel, which resolves no names (nfs(5), "addr").
  mountOptions = lib.unique (
    lib.optional (versionOption == null) "vers=${nfs.version}"
    ++ lib.optionals (!isForced options.netImage.nfs.options) (
      lib.filter (default: !lib.any (decides default) options') defaults
    )
    ++ nfs.options
    ++ lib.optionals (nfs.address != null) (
      lib.optional (!has "addr") "addr=${nfs.address}"
      ++ lib.optional (isVersion3 && !has "mountaddr") "mountaddr=${nfs.address}"
    )
    # Nothing in stage 1 keeps locks for version 3.
    ++ lib.optional (isVersion3 && !has "nolock" && !has "lock") "nolock"
  );
in
{
  imports = [
    (lib.mkRenamedOptionModule
      [
        "netImage"
        "nfsOptions"
      ]
      [
        "netImage"
        "nfs"
        "options"
      ]
    )
  ];

  options.netImage = {
    nfsRoot = mkOption {
      type = types.nullOr types.str;
      default = if nfs.server == null then null else "${nfs.server}:${nfs.path}";
      defaultText = literalExpression ''"''${nfs.server}:''${nfs.path}"'';
      example = "192.0.2.1:/srv/nfs/pi";
      description = ''
        The root's server and path in one. `netImage.nfs.server` and
        `netImage.nfs.path` derive from it, or it from them.
      '';
    };

    nfs = {
      server = mkOption {
        type = types.nullOr types.str;
        default = null;
        apply = server: if server == null then null else bracketed server;
        example = "192.0.2.1";
        description = ''
          The NFS server: an address or a name. Either this or
          `netImage.nfsRoot` has to be set.
        '';
      };

      path = mkOption {
        type = types.str;
        default = "/mnt/nfsshare/${cfg.rootDirectoryName}";
        defaultText = literalExpression ''"/mnt/nfsshare/''${rootDirectoryName}"'';
        example = "/srv/nfs/pi";
        description = ''
          The directory that the server exports. For a shared store it is
          `''${store.depot}/store`.
        '';
      };

      version = mkOption {
        type = types.enum [
          "3"
          "4"
          "4.0"
          "4.1"
          "4.2"
        ];
        default = if versionOption == null then "4.1" else valueOf versionOption;
        defaultText = lib.literalMD "what `vers=` in the options says, else `\"4.1\"`";
        example = "3";
        description = "The version of the protocol.";
      };

      options = mkOption {
        # One string becomes a list of one, and an assertion says how to split it.
        type = types.coercedTo types.str lib.singleton (types.listOf types.str);
        default = [ ];
        example = [
          "ro"
          "nconnect=4"
        ];
        description = ''
          Mount options beside the version and the server's address, one an
          element. They are added to `rw`, `hard`, `proto=tcp` and `noatime`, of
          which each goes where one of yours decides the same: `ro`, `soft`,
          `proto=rdma`, `atime`. With `lib.mkForce` there are only yours. For a shared
          store, `ro` stands in the place of `rw`, and `nocto`, `nolock`,
          `acregmin=3600`, `acregmax=86400` and `acdirmax=30` are added.
        '';
      };

      address = mkOption {
        type = types.nullOr types.str;
        default = if nfs.server != null && isAddress nfs.server then nfs.server else null;
        defaultText = lib.literalMD "`nfs.server`, if it is an address";
        apply = address: if address == null then null else unbracketed address;
        example = "192.0.2.1";
        description = "The server's numeric address, needed by the scripted stage 1.";
      };

      isIPv6 = mkOption {
        type = types.bool;
        readOnly = true;
        internal = true;
        description = "Whether the server is reached by IPv6.";
      };

      mountOptions = mkOption {
        type = types.listOf types.str;
        readOnly = true;
        internal = true;
        description = "All mount options.";
      };
    };
  };

  config = {
    netImage.nfs = lib.mkMerge [
      {
        inherit mountOptions;
        isIPv6 = nfs.address != null && lib.hasInfix ":" nfs.address;
      }
      (lib.mkIf (isGiven options.netImage.nfsRoot && parsed != null) {
        server = lib.mkDefault (lib.elemAt parsed 0);
        path = lib.mkDefault (lib.elemAt parsed 1);
      })
    ];

    fileSystems = lib.mkIf (!cfg.store.shared) {
      "/" = {
        device = cfg.nfsRoot;
        fsType = "nfs";
        options = nfs.mountOptions;
      };
      "/boot/firmware" = {
        device = lib.mkIf (cfg.nfsRoot != null) "${lib.removeSuffix "/" cfg.nfsRoot}/boot/firmware";
        fsType = "nfs";
        options = nfs.mountOptions;
      };
    };
  };
}
