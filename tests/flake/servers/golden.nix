# What a server comes to, as data: its units and what they run, and what of the system
# goes with them.
{ lib, configuration }:

let
  inherit (configuration) config;
  cfg = config.services.netimage;
  plain = value: builtins.fromJSON (builtins.unsafeDiscardStringContext (builtins.toJSON value));
  images = lib.filterAttrs (_: image: image != null) (lib.mapAttrs (_: one: one.image) cfg.machines);
  isOurs = name: _: lib.hasPrefix "netimage-" name;
in
plain {
  units = lib.mapAttrs (_: unit: unit.text) (lib.filterAttrs isOurs config.systemd.units);
  scripts = lib.mapAttrs (_: service: service.script) (lib.filterAttrs isOurs config.systemd.services);
  # The machines by the system that puts their images together.
  images = lib.groupBy (name: images.${name}.system) (lib.attrNames images);
  distinct = lib.length (lib.unique (map (image: image.drvPath) (lib.attrValues images)));
  machines = builtins.fromJSON cfg.declaration.text;
  firewall = config.networking.firewall.interfaces.${cfg.interface} or null;
  exports = config.environment.etc."exports.d/netimage.exports".source;
  nfs = config.services.nfs.server.enable;
  leases = config.boot.kernel.sysctl."fs.leases-enable";
  persist = config.fileSystems."${cfg.dataDir}/persist" or null;
  user = config.users.users.netimage;
  pages = lib.mapAttrs (_: host: host.root) config.services.nginx.virtualHosts;
  metrics = config.services.prometheus.exporters.node.extraFlags;
  inherit (config) warnings;
}
