# The ports of DHCP, TFTP and NFS.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
  dhcp = {
    server = [ 67 ];
    proxy = [
      67
      4011
    ];
    none = [ ];
  };
in
{
  config = lib.mkIf (cfg.enable && cfg.openFirewall) {
    networking.firewall.interfaces.${cfg.interface} = {
      allowedTCPPorts = [ 2049 ];
      allowedUDPPorts = dhcp.${cfg.dhcp.mode} ++ [ 69 ];
      # From these dnsmasq sends files, as server-config says.
      allowedUDPPortRanges = [
        {
          from = 47000;
          to = 47999;
        }
      ];
    };
  };
}
