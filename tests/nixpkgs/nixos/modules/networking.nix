# The network of stage 2.
{ config, lib, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
  addresses = mkOption {
    type = types.listOf (
      types.submodule {
        options = {
          address = mkOption {
            type = types.str;
            description = "An address.";
          };
          prefixLength = mkOption {
            type = types.ints.between 0 128;
            description = "The length of its prefix.";
          };
        };
      }
    );
    default = [ ];
    description = "Addresses of the interface.";
  };
  address = mkOption {
    type = types.nullOr (types.coercedTo types.str (address: { inherit address; }) (types.attrsOf types.anything));
    default = null;
    description = "A gateway.";
  };
  groups =
    options:
    mkOption {
      type = types.attrsOf (types.submodule { inherit options; });
      default = { };
      description = "Settings by device.";
    };
  made = import ./interfaces.nix {
    inherit lib;
    inherit (config) networking;
  };
  ports =
    type:
    mkOption {
      type = types.listOf type;
      default = [ ];
      description = "Open ports.";
    };
  portRange = types.attrsOf types.port;
  openPorts = {
    allowedTCPPorts = ports types.port;
    allowedTCPPortRanges = ports portRange;
    allowedUDPPorts = ports types.port;
    allowedUDPPortRanges = ports portRange;
  };
in
{
  options.networking = {
    hostName = mkOption {
      type = types.strMatching "$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$";
      default = "nixos";
      description = "The machine's name.";
    };
    hostId = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The machine's number.";
    };
    domain = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The machine's domain.";
    };
    useDHCP = mkEnableOption "DHCP on all interfaces" // {
      default = true;
    };
    useNetworkd = mkEnableOption "networkd";
    useHostResolvConf = mkEnableOption "the host's resolv.conf";
    usePredictableInterfaceNames = mkEnableOption "interface names that say where the hardware is" // {
      default = true;
    };
    nameservers = strings "Name servers.";
    search = strings "Domains to search.";
    timeServers = strings "Time servers.";
    hosts = mkOption {
      type = types.attrsOf (types.listOf types.str);
      default = { };
      description = "Names by address.";
    };
    extraHosts = text "Lines of /etc/hosts.";
    localCommands = text "Shell commands once the network is up.";
    defaultGateway = address;
    defaultGateway6 = address;
    resolvconf.enable = mkEnableOption "resolvconf";
    wireless.enable = mkEnableOption "wireless networks";
    nftables.enable = mkEnableOption "nftables";
    firewall = {
      enable = mkEnableOption "a firewall" // {
        default = true;
      };
      extraCommands = text "Further rules.";
      trustedInterfaces = strings "Interfaces without a firewall.";
      interfaces = groups openPorts;
    }
    // openPorts;
    networkmanager = {
      enable = mkEnableOption "NetworkManager";
      unmanaged = strings "Interfaces that NetworkManager leaves alone.";
      settings = mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "NetworkManager.conf.";
      };
    };
    interfaces = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options = {
              name = mkOption {
                type = types.str;
                default = name;
                description = "The interface's name.";
              };
              useDHCP = mkOption {
                type = types.nullOr types.bool;
                default = null;
                description = "Whether it asks for an address.";
              };
              ipv4.addresses = addresses;
              ipv6.addresses = addresses;
              mtu = mkOption {
                type = types.nullOr types.int;
                default = null;
                description = "Its MTU.";
              };
              macAddress = mkOption {
                type = types.nullOr types.str;
                default = null;
                description = "Its hardware address.";
              };
              wakeOnLan.enable = mkEnableOption "waking over the network";
            };
          }
        )
      );
      default = { };
      description = "Interfaces.";
    };
    bridges = groups { interfaces = strings "Its ports."; };
    bonds = groups { interfaces = strings "Its ports."; };
    vlans = groups {
      interface = mkOption {
        type = types.str;
        description = "What it is on.";
      };
      id = mkOption {
        type = types.int;
        description = "Its number.";
      };
    };
    vswitches = groups {
      interfaces = mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "Its ports.";
      };
    };
  };

  config = {
    boot.kernelParams = lib.mkIf (!config.networking.usePredictableInterfaceNames) [
      "net.ifnames=0"
    ];
    networking.interfaces = lib.mkIf config.networking.useNetworkd (
      lib.genAttrs made.members (_: { })
    );
    systemd.network = lib.mkIf config.networking.useNetworkd {
      enable = true;
      inherit (made.stage2) networks netdevs;
    };
    boot.initrd.systemd.network = lib.mkIf config.boot.initrd.network.enable {
      inherit (made.stage1) networks netdevs;
    };
    assertions = [
      {
        assertion =
          config.networking.useNetworkd && config.networking.defaultGateway != null
          -> config.networking.defaultGateway.interface or null != null;
        message = "networking.defaultGateway.interface is not optional when using networkd.";
      }
    ];
  };
}
