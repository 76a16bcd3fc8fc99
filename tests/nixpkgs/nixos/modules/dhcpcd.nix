# The DHCP client of stage 2.
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
in
{
  options.networking = {
    dhcpcd = {
      enable = mkEnableOption "dhcpcd" // {
        default = true;
      };
      persistent = mkEnableOption "keeping interfaces configured when dhcpcd stops";
      denyInterfaces = strings "Interfaces that dhcpcd leaves alone.";
      allowInterfaces = mkOption {
        type = types.nullOr (types.listOf types.str);
        default = null;
        description = "Interfaces that dhcpcd takes.";
      };
      extraConfig = text "Lines of dhcpcd.conf.";
      runHook = text "Shell commands of dhcpcd's hook.";
      setHostname = mkEnableOption "taking the name that DHCP gives" // {
        default = true;
      };
    };
  };

  config = {
    # dhcpcd serves where networkd does not.
    systemd.services.dhcpcd =
      lib.mkIf
        (
          config.networking.dhcpcd.enable
          && config.networking.useDHCP
          && !config.networking.useNetworkd
          && !config.networking.networkmanager.enable
        )
        {
          description = "DHCP Client";
          wantedBy = [ "multi-user.target" ];
          wants = [ "network.target" ];
          before = [ "network-online.target" ];
          stopIfChanged = false;
        };
    environment.etc."dhcpcd.conf" = lib.mkIf config.networking.dhcpcd.enable {
      text =
        lib.optionalString config.networking.dhcpcd.persistent "persistent\n"
        + lib.optionalString (config.networking.dhcpcd.denyInterfaces != [ ]) "denyinterfaces ${toString config.networking.dhcpcd.denyInterfaces}\n"
        + config.networking.dhcpcd.extraConfig;
    };
  };
}
