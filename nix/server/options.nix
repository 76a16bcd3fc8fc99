# The server as a whole.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.services.netimage;
  # The only address that the configuration gives the interface.
  addresses = config.networking.interfaces.${cfg.interface}.ipv4.addresses or [ ];
  only = if lib.length addresses == 1 then lib.head addresses else null;
  gateway = config.networking.defaultGateway.address or null;
  inherit (import ./ipv4.nix { inherit lib; }) isIPv4 isNeighbour;
  isNear =
    cfg.address != null
    && cfg.prefixLength != null
    && lib.all isIPv4 [
      cfg.address
      gateway
    ]
    && isNeighbour cfg.prefixLength cfg.address gateway;
in
{
  options.services.netimage = {
    enable = lib.mkEnableOption "serving machines that boot over the network";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../package.nix { };
      defaultText = lib.literalMD "netimage's own";
      description = "The program that keeps the depot.";
    };

    interface = mkOption {
      type = types.strMatching "[A-Za-z0-9._@-]{1,15}" // {
        description = "name of a network interface";
      };
      example = "eth0";
      description = "The network interface that the machines are behind.";
    };

    dataDir = mkOption {
      type = types.strMatching "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+" // {
        description = "absolute path of letters, digits and . _ -";
      };
      default = "/srv/netimage";
      description = ''
        The depot. Machines mount it by this path, so that their images have to name
        it, too.
      '';
    };

    persistFileSystem = mkOption {
      type = types.nullOr (types.attrsOf types.anything);
      default = null;
      example = literalExpression ''{ device = "/dev/disk/by-label/persist"; fsType = "ext4"; }'';
      description = ''
        The file system of what machines keep, as in `fileSystems`. Without it that lies
        with the store, and a hostile machine that guesses NFS handles may read there what
        is not its own.
      '';
    };

    address = mkOption {
      type = types.nullOr types.str;
      default = if only == null then null else only.address;
      defaultText = lib.literalMD "that of `interface`, if `networking.interfaces` gives it one";
      example = "192.0.2.1";
      description = "The IPv4 address by which machines reach this server.";
    };

    prefixLength = mkOption {
      type = types.nullOr (types.ints.between 1 31);
      default = if only == null then null else only.prefixLength;
      defaultText = lib.literalMD "that of `interface`, if `networking.interfaces` gives it one";
      example = 24;
      description = "The length of the network part of `address`, from which a netmask follows.";
    };

    gateway = mkOption {
      type = types.nullOr types.str;
      default = if gateway != null && isNear then gateway else null;
      defaultText = lib.literalMD "that of `networking.defaultGateway`, if it is in the same network";
      example = "192.0.2.254";
      description = ''
        The router of the machines to which this server gives their addresses, be it by DHCP
        or on their command lines. Without one they have none, or with `dhcp.mode = "server"`
        this server.
      '';
    };

    nameservers = mkOption {
      type = types.listOf types.str;
      # One of the server's own is nobody else's.
      default = lib.filter (
        one: isIPv4 one && !lib.hasPrefix "127." one
      ) config.networking.nameservers;
      defaultText = lib.literalMD "those of `networking.nameservers` with IPv4";
      example = [ "192.0.2.53" ];
      description = "The DNS servers of machines to which this server gives their addresses by DHCP.";
    };

    dhcp = {
      mode = mkOption {
        type = types.enum [
          "proxy"
          "server"
          "none"
        ];
        default = "proxy";
        description = ''
          Who gives the machines their addresses: with `server` this one does, to them
          alone. With `proxy` another DHCP server does, and this one adds where to boot
          from. With `none` that server says so as well, or the boards' own settings do.
        '';
      };

      range = mkOption {
        type = types.nullOr (types.strMatching "[0-9.]+(,[0-9.]+)?") // {
          description = "null or address, perhaps with a comma and a netmask";
        };
        default = null;
        example = "192.0.2.0,255.255.255.0";
        description = ''
          The machines' network for DHCP, where it is not that of `address` or the
          interface has another netmask.
        '';
      };
    };

    openFirewall = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the firewall lets DHCP, TFTP and NFS through on `interface`. DHCP and NFS
        answer the declared machines alone; whoever asks there gets boot files.
      '';
    };

    trial = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether a new generation is served once, and again only when the machine has said
        that it is up in it. Needs machines whose firmware already has their address.
      '';
    };

    keepGenerations = mkOption {
      type = types.ints.unsigned;
      default = 3;
      description = ''
        How many of each machine's newest good generations are kept, be they needed or
        not.
      '';
    };

    gc = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether generations that nobody needs are removed by and by.";
      };

      dates = mkOption {
        type = types.str;
        default = "weekly";
        example = "03:15";
        description = "When, as systemd.time(7) has it.";
      };

      olderThan = mkOption {
        type = types.strMatching "[0-9]+(s|min|h|d)?" // {
          description = "time like 90, 30min, 12h or 30d";
        };
        default = "7d";
        description = "What is younger stays.";
      };
    };
  };
}
