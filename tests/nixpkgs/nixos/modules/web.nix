# What serves pages and metrics.
{ lib, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };
in
{
  options.services = {
    nginx = {
      enable = mkEnableOption "nginx";
      virtualHosts = mkOption {
        type = types.attrsOf (
          types.submodule {
            options.root = mkOption {
              type = types.nullOr types.path;
              default = null;
              description = "The directory of what is served.";
            };
          }
        );
        default = { };
        description = "Names, and what is served by them.";
      };
    };
    prometheus.exporters.node = {
      enable = mkEnableOption "node_exporter";
      enabledCollectors = strings "Collectors beside the usual.";
      extraFlags = strings "Further arguments.";
    };
  };
}
