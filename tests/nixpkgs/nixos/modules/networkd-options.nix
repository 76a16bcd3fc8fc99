# networkd, for stage 1 and stage 2 alike.
{ lib }:

let
  inherit (lib) mkEnableOption mkOption types;
  free = mkOption {
    type = import ./section-type.nix { inherit lib; };
    default = { };
    description = "A section of the file.";
  };
  strings = mkOption {
    type = types.listOf types.str;
    default = [ ];
    description = "Addresses, or devices.";
  };
  maybe = mkOption {
    type = types.nullOr types.str;
    default = null;
    description = "A setting.";
  };
  file = {
    enable = mkEnableOption "this file" // {
      default = true;
    };
    matchConfig = free;
    linkConfig = free;
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines.";
    };
  };
  files =
    options:
    mkOption {
      type = types.attrsOf (types.submodule { inherit options; });
      default = { };
      description = "Files by name.";
    };
in
{
  networks = files (
    file
    // {
      name = maybe;
      DHCP = maybe;
      networkConfig = free;
      dhcpV4Config = free;
      dhcpV6Config = free;
      address = strings;
      bridge = strings;
      bond = strings;
      vlan = strings;
      gateway = strings;
      dns = strings;
      routes = mkOption {
        type = types.listOf (types.attrsOf types.anything);
        default = [ ];
        description = "Routes.";
      };
    }
  );
  links = files file;
  netdevs = files (file // { netdevConfig = free; });
  config.networkConfig = free;
  wait-online = {
    enable = mkEnableOption "waiting for the network" // {
      default = true;
    };
    anyInterface = mkEnableOption "going on when one interface is up";
    ignoredInterfaces = strings;
    extraArgs = strings;
    timeout = mkOption {
      type = types.ints.unsigned;
      default = 120;
      description = "How long to wait, in seconds.";
    };
  };
}
