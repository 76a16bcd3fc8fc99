# What each machine needs, and what no two may share.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
  inherit (cfg) machines;
  names = lib.attrNames machines;
  inherit (import ./ipv4.nix { inherit lib; }) isHost isIPv4 isNeighbour;
  option = name: "services.netimage.machines.${name}";

  # One assertion for each machine of which something does not hold.
  each =
    holds: message:
    map (name: {
      assertion = holds machines.${name};
      message = message name machines.${name};
    }) names;

  # One for each value that several machines have; null is none.
  unique =
    valueOf: message:
    let
      groups = lib.groupBy (name: valueOf machines.${name}) (
        lib.filter (name: valueOf machines.${name} != null) names
      );
    in
    lib.mapAttrsToList (value: sharing: {
      assertion = lib.length sharing == 1;
      message = message (lib.concatStringsSep " and " sharing) (option (lib.last sharing)) value;
    }) groups;

  withDashes = lib.replaceStrings [ ":" ] [ "-" ];
  mac = one: if one.macAddress == null then null else lib.toLower (withDashes one.macAddress);
  # Neither of a group nor unset.
  isPort = text: builtins.match ".[02468ace].*" text != null && text != "00-00-00-00-00-00";
  # What the board puts before the names of its files.
  tftpDirectory =
    one:
    {
      serial = lib.toLower (lib.substring (lib.stringLength one.serial - 8) 8 one.serial);
      mac = mac one;
    }
    .${one.tftpPrefix} or (lib.toLower one.tftpPrefix);

  isStatic = import ./static.nix cfg;
  isInNetwork =
    one:
    cfg.address == null
    || cfg.prefixLength == null
    || !isIPv4 cfg.address
    || !isIPv4 one.address
    || isNeighbour cfg.prefixLength cfg.address one.address;
  isHostName = name: builtins.match "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" name != null;

  untried = lib.filter (
    name: isStatic machines.${name} && !machines.${name}.trial && !machines.${name}.isTrialChosen
  ) names;
in
{
  config = lib.mkIf cfg.enable {
    assertions =
      map (name: {
        assertion = isHostName name;
        message = ''
          services.netimage.machines has a "${name}", which is no host name. Call it by lower-case letters,
          digits and inner hyphens:
            services.netimage.machines.pi1 = { … };'';
      }) names
      ++ each (one: isIPv4 one.address) (
        name: one: ''
          ${option name}.address is "${one.address}", which is no IPv4 address. Write
            ${option name}.address = "192.0.2.21";''
      )
      ++ each isInNetwork (
        name: one: ''
          ${name} has the address ${one.address}, which is not in the network of ${toString cfg.address}/${toString cfg.prefixLength}.
          Give it one there,
            ${option name}.address = "…";
          or correct services.netimage.prefixLength.''
      )
      ++ each (one: !isIPv4 one.address || cfg.prefixLength == null || isHost cfg.prefixLength one.address) (
        name: one: ''
          ${name} has the address ${one.address}, the first or the last of its network, which no machine can have. Give it
          another:
            ${option name}.address = "…";''
      )
      ++ each (one: one.address != cfg.gateway) (
        name: one: ''
          ${name} has the router's address, ${one.address}. Give it another:
            ${option name}.address = "…";''
      )
      ++ each (one: mac one == null || isPort (mac one)) (
        name: one: ''
          ${one.macAddress} is not the Ethernet address of a single port. Give that of ${name}:
            ${option name}.macAddress = "dc:a6:32:01:36:c2";''
      )
      ++ each (one: one.address != cfg.address) (
        name: one: ''
          ${name} has the server's own address, ${one.address}. Give it another:
            ${option name}.address = "…";''
      )
      ++ each (one: one.macAddress != null || cfg.dhcp.mode == "none" && one.tftpPrefix != "mac") (
        name: _: ''
          dnsmasq knows ${name} by the address of its Ethernet port. Write
            ${option name}.macAddress = "dc:a6:32:01:36:c2";''
      )
      ++ each (one: !isStatic one || !one.trial) (
        name: one: ''
          ${name} is to try new generations, and has its address on its command line: its firmware may ask for its files
          under another, so that nobody can tell what it was sent. Where it has that address already, write
            ${option name}.addressIsReserved = true;
          or else ${option name}.trial = false;''
      )
      ++ each (one: !isStatic one || cfg.address == null || cfg.prefixLength != null) (
        name: _: ''
          Nobody promises ${name} its address. Where another DHCP server does, write
            ${option name}.addressIsReserved = true;
          where this one is to, services.netimage.dhcp.mode = "server"; and for an address on its command line
            services.netimage.prefixLength = 24;''
      )
      ++ unique (one: one.address) (
        sharing: last: address: ''
          ${sharing} have one address, ${address}. Give one another:
            ${last}.address = "…";''
      )
      ++ unique mac (
        sharing: last: address: ''
          ${sharing} have one Ethernet address, ${address}. Give one its own:
            ${last}.macAddress = "…";''
      )
      ++ unique tftpDirectory (
        sharing: last: directory: ''
          ${sharing} would fetch the same files, from ${directory}/. If both serial numbers are right, which differ
          in their first half at most, write
            ${last}.tftpPrefix = "${lib.last (lib.splitString "." last)}";
          and in its EEPROM TFTP_PREFIX=1 and TFTP_PREFIX_STR=${lib.last (lib.splitString "." last)}/''
      );

    warnings = lib.optional (cfg.trial && untried != [ ]) ''
      A bad generation of ${lib.concatStringsSep ", " untried} does not heal itself, as the firmware may ask for its
      files under an address that is not the machine's. Where it has that address already, write
        ${lib.concatMapStringsSep "\n  " (name: "${option name}.addressIsReserved = true;") untried}
      where this server is to give it, services.netimage.dhcp.mode = "server"; and to leave it so
        ${lib.concatMapStringsSep "\n  " (name: "${option name}.trial = false;") untried}'';
  };
}
