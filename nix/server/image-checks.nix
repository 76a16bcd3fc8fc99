# Whether the machines' images are for this depot, as far as a configuration says that.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
  option = name: "services.netimage.machines.${name}";
  withSpec = lib.filterAttrs (_: one: one.image.spec or null != null) cfg.machines;
  store = "${cfg.dataDir}/store";

  each =
    holds: message:
    lib.mapAttrsToList (name: one: {
      assertion = holds one.image.spec;
      message = message name one.image.spec;
    }) withSpec;

  # Files for the port that networkd takes before the one which it makes of an ip=, in
  # stage 1 (systemd-network-generator(8)).
  inherit (import ../module/port.nix { inherit lib; }) isFor port;
  isStatic = import ./static.nix cfg;
  before =
    configuration:
    let
      inherit (configuration.config) boot netImage;
      ports = map port (if netImage.wiredPorts or null == null then [ null ] else netImage.wiredPorts);
    in
    lib.attrNames (
      lib.filterAttrs (
        file: network: file < "71-default" && lib.any (port: isFor port network == true) ports
      ) (boot.initrd.systemd.network.networks or { })
    );
  withConfiguration = lib.filterAttrs (_: one: one.configuration != null) cfg.machines;
  hostName = one: one.configuration.config.networking.hostName;
  named = lib.filterAttrs (_: one: one.image != null && hostName one != "") withConfiguration;
  # One image is of one configuration.
  groups = lib.groupBy (
    name: builtins.unsafeDiscardStringContext "${named.${name}.image}"
  ) (lib.attrNames named);
in
{
  config = lib.mkIf cfg.enable {
    assertions =
      lib.mapAttrsToList (name: one: {
        assertion = one.image != null;
        message = ''
          The configuration of ${name} builds no image. Import
            netimage.nixosModules.default
          in it.'';
      }) withConfiguration
      ++ each (spec: spec.rootKind or "own" == "shared") (
        name: _: ''
          The image of ${name} has a root of its own, which the machine keeps up to date by itself. In its
          configuration write
            netImage.store.shared = true;
          This server serves no other ones; take ${option name} out where it is to keep its own.''
      )
      ++ each (spec: spec.rootKind or "own" != "shared" || spec.nfs.path == store) (
        name: spec: ''
          The image of ${name} mounts its store from ${spec.nfs.path}, and this depot has it at ${store}. In its
          configuration write
            netImage.store.depot = "${cfg.dataDir}";
          and no netImage.nfs.path, or here services.netimage.dataDir = "${lib.removeSuffix "/store" spec.nfs.path}";''
      )
      ++ lib.mapAttrsToList (name: one: {
        assertion = !isStatic one || before one.configuration == [ ];
        message = ''
          ${name} has its address on its command line, and its configuration has settings of its own for the port, which
          win: ${lib.concatStringsSep ", " (before one.configuration)}. Where another DHCP server always gives it that address, write
            ${option name}.addressIsReserved = true;
          or else delete these settings in its configuration, such as
            networking.interfaces.eth0.useDHCP = true;'';
      }) (lib.filterAttrs (name: one: withSpec ? ${name}) withConfiguration)
      ++ lib.mapAttrsToList (name: one: {
        assertion = one.board == null || one.image.spec.boards == [ ] || lib.elem one.board one.image.spec.boards;
        message = ''
          ${name} is a ${toString one.board}, and its image is for ${lib.concatStringsSep ", " one.image.spec.boards}. In its configuration
          write
            netImage.boards = [ "${toString one.board}" ];
          or correct ${option name}.board.'';
      }) withSpec
      ++ each (spec: spec.nfs.version or "4.1" != "3") (
        name: _: ''
          The image of ${name} mounts by NFS version 3, for which this server's firewall has no ports. In its configuration
          write
            netImage.nfs.version = "4.1";''
      )
      ++ each (spec: cfg.address == null || spec.nfs.server == cfg.address) (
        name: spec: ''
          The image of ${name} mounts its store from ${spec.nfs.server}, and this server is ${toString cfg.address}. In its
          configuration write
            netImage.nfs.server = "${toString cfg.address}";''
      )
      ++ lib.mapAttrsToList (_: sharing: {
        assertion = lib.length sharing == 1;
        message = ''
          ${lib.concatStringsSep " and " sharing} would all be called ${hostName named.${lib.head sharing}}, by the one configuration
          that they have. In that write
            networking.hostName = "";
          and each is called as it is here.'';
      }) groups;
  };
}
