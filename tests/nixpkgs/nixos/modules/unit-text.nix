# Units of systemd as text.
{
  lib,
  pkgs,
  relations,
  scripts,
}:

let
  # Lists are repeated keys; null leaves a key out.
  keyValues =
    attrs:
    lib.concatStrings (
      lib.concatLists (
        lib.mapAttrsToList (
          key: value:
          map (
            v:
            lib.optionalString (v != null) "${key}=${if builtins.isBool v then lib.boolToString v else toString v}\n"
          ) (lib.toList value)
        ) attrs
      )
    );
  section = name: attrs: lib.optionalString (attrs != { }) "[${name}]\n${keyValues attrs}\n";

  unitSection =
    unit:
    lib.optionalAttrs (unit.description != "") { Description = unit.description; }
    // lib.filterAttrs (_: names: names != "") (
      lib.mapAttrs' (name: key: lib.nameValuePair key (toString unit.${name})) relations
    )
    // unit.unitConfig;

  # NixOS adds what most scripts call.
  environment =
    service:
    lib.optionalAttrs (service.path != [ ]) {
      PATH = lib.makeBinPath (service.path ++ [ pkgs.coreutils ]);
    }
    // service.environment;

  serviceSection =
    name: service:
    lib.mapAttrs' (
      attribute: key:
      lib.nameValuePair key "${pkgs.writeShellScript "unit-script-${name}-${attribute}" ''
        set -e
        ${service.${attribute}}
      ''}"
    ) (lib.filterAttrs (attribute: _: service.${attribute} != "") scripts)
    // lib.optionalAttrs (environment service != { }) {
      Environment = lib.mapAttrsToList (key: value: ''"${key}=${toString value}"'') (
        lib.filterAttrs (_: value: value != null) (environment service)
      );
    }
    // lib.optionalAttrs (!service.restartIfChanged) { X-RestartIfChanged = false; }
    // lib.optionalAttrs (!service.stopIfChanged) { X-StopIfChanged = false; }
    // service.serviceConfig;

  unit = definition: sections: {
    inherit (definition)
      enable
      wantedBy
      requiredBy
      upheldBy
      aliases
      overrideStrategy
      ;
    text = section "Unit" (unitSection definition) + sections;
  };
  escapePath =
    path:
    if path == "/" then
      "-"
    else
      lib.replaceStrings [ "-" "/" ] [ "\\x2d" "-" ] (lib.removePrefix "/" (lib.removeSuffix "/" path));
  others =
    kind: name: definitions:
    lib.mapAttrs' (
      key: d: lib.nameValuePair "${key}.${kind}" (unit d (section name (d."${kind}Config" or { })))
    ) definitions;
in
{
  inherit section;

  # All of a manager's units, by their full names.
  toUnits =
    cfg:
    lib.mapAttrs' (
      name: service:
      lib.nameValuePair "${name}.service" (unit service (section "Service" (serviceSection name service)))
    ) cfg.services
    // others "target" "Target" cfg.targets
    // others "socket" "Socket" cfg.sockets
    // others "path" "Path" cfg.paths
    // others "timer" "Timer" cfg.timers
    // lib.listToAttrs (
      map (
        mount:
        lib.nameValuePair "${escapePath mount.where}.mount" (
          unit mount (
            section "Mount" (
              lib.filterAttrs (_: value: value != null) {
                What = mount.what;
                Where = mount.where;
                Type = mount.type;
                Options = mount.options;
              }
              // mount.mountConfig
            )
          )
        )
      ) cfg.mounts
    );

  # networkd's files, by their full names.
  toNetworks =
    networks:
    lib.mapAttrs' (
      name: network:
      lib.nameValuePair "${name}.network" (
        section "Match" (network.matchConfig // lib.optionalAttrs (network.name != null) { Name = network.name; })
        + section "Link" network.linkConfig
        + section "Network" (
          lib.optionalAttrs (network.DHCP != null) { inherit (network) DHCP; }
          // lib.optionalAttrs (network.address != [ ]) { Address = network.address; }
          // lib.optionalAttrs (network.gateway != [ ]) { Gateway = network.gateway; }
          // lib.optionalAttrs (network.dns != [ ]) { DNS = network.dns; }
          // lib.optionalAttrs (network.vlan != [ ]) { VLAN = network.vlan; }
          // network.networkConfig
        )
        + section "DHCPv4" network.dhcpV4Config
        + section "DHCPv6" network.dhcpV6Config
        + network.extraConfig
      )
    ) (lib.filterAttrs (_: network: network.enable) networks);
}
