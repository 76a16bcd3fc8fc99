# What the server needs, said before anything is built.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
  inherit (import ./ipv4.nix { inherit lib; }) isHost isIPv4 isNeighbour;
  knowsAddress = cfg.address != null && isIPv4 cfg.address;
  # What else may answer boards: one of two gets no port, or its answers come first. DHCP is
  # none of ours where another server does all of it.
  hasDhcp = cfg.dhcp.mode != "none";
  dnsmasq = config.services.dnsmasq.settings or { };
  others = lib.attrNames (
    lib.filterAttrs (_: isOn: isOn) {
      "services.atftpd" = config.services.atftpd.enable or false;
      "services.dnsmasq" =
        (config.services.dnsmasq.enable or false)
        && (hasDhcp && dnsmasq.dhcp-range or [ ] != [ ] || dnsmasq.enable-tftp or false != false);
      "services.kea.dhcp4" = hasDhcp && config.services.kea.dhcp4.enable or false;
      "services.tftpd" = config.services.tftpd.enable or false;
    }
  );
  hidden = [
    "/home"
    "/root"
    "/run"
    "/tmp"
    "/var/tmp"
  ];
in
{
  config = lib.mkIf cfg.enable {
    warnings = lib.optional (others != [ ]) ''
      ${lib.concatStringsSep " and " others} may answer the machines' DHCP or TFTP as well, and take the ports of
      netimage-dnsmasq. Where it does not keep to other interfaces than ${cfg.interface}, set
        ${lib.concatMapStringsSep "\n  " (name: "${name}.enable = false;") others}
      or, where it is the DHCP server of the boards and says where they boot from,
        services.netimage.dhcp.mode = "none";'';

    assertions = [
      {
        assertion = !lib.any (directory: lib.hasPrefix "${directory}/" "${cfg.dataDir}/") hidden;
        message = ''
          The depot is to be in ${cfg.dataDir}, which services do not see, as it is somebody's own or temporary. Write
            services.netimage.dataDir = "/srv/netimage";'';
      }
      {
        assertion = cfg.address != null;
        message = ''
          The depot's machines do not know by which address they reach it. Set
            services.netimage.address = "192.0.2.1";
            services.netimage.prefixLength = 24;
          to those of ${cfg.interface}.'';
      }
      {
        assertion = cfg.address == null || knowsAddress;
        message = ''
          services.netimage.address is "${toString cfg.address}", which is no IPv4 address. Write
            services.netimage.address = "192.0.2.1";'';
      }
      {
        assertion = lib.all isIPv4 cfg.nameservers;
        message = ''
          services.netimage.nameservers has ${lib.concatStringsSep ", " (lib.filter (one: !isIPv4 one) cfg.nameservers)}, which DHCP for IPv4 cannot tell. Write
            services.netimage.nameservers = [ "192.0.2.53" ];'';
      }
      {
        assertion =
          cfg.gateway == null
          || cfg.prefixLength == null
          || !knowsAddress
          || isIPv4 cfg.gateway
            && isNeighbour cfg.prefixLength cfg.address cfg.gateway
            && isHost cfg.prefixLength cfg.gateway;
        message = ''
          services.netimage.gateway is ${toString cfg.gateway}, which is no router's in the network of ${toString cfg.address}/${toString cfg.prefixLength}. Set
            services.netimage.gateway = null;
          or the address of a router there.'';
      }
    ];
  };
}
