# What NixOS makes of networking.interfaces, bridges, bonds and vlans for
# networkd. Bonds are made in stage 2 only.
{ lib, networking }:

let
  yesNo = on: if on then "yes" else "no";
  byName =
    nameOf: make: lib.mapAttrs' (name: one: lib.nameValuePair "40-${nameOf name one}" (make name one));
  interfaces.networks = byName (_: interface: interface.name) (_: interface: {
    name = lib.mkDefault interface.name;
    DHCP = lib.mkForce (
      yesNo (
        if interface.useDHCP != null then
          interface.useDHCP
        else
          networking.useDHCP && interface.ipv4.addresses == [ ]
      )
    );
    address = map (one: "${one.address}/${toString one.prefixLength}") (
      interface.ipv4.addresses ++ interface.ipv6.addresses
    );
  }) networking.interfaces;
  # Without an address, if nothing else gives one.
  gateway.networks =
    let
      given = networking.defaultGateway;
    in
    lib.optionalAttrs (given != null && given.interface or null != null) {
      "40-${given.interface}" = {
        matchConfig.Name = given.interface;
        gateway = [ given.address ];
      };
    };
  enslaving =
    kind: key: groups: {
      netdevs = byName (name: _: name) (name: _: {
        netdevConfig = {
          Kind = kind;
          Name = name;
        };
      }) groups;
      networks = lib.mkMerge (
        lib.mapAttrsToList (
          name: group:
          lib.listToAttrs (
            map (
              member:
              lib.nameValuePair "40-${member}" {
                DHCP = lib.mkOverride 0 "no";
                networkConfig.${key} = name;
              }
            ) group.interfaces
          )
        ) groups
      );
    };
  vlans = {
    netdevs = byName (name: _: name) (name: _: {
      netdevConfig = {
        Kind = "vlan";
        Name = name;
      };
    }) networking.vlans;
    networks = lib.mkMerge (
      lib.mapAttrsToList (name: vlan: { "40-${vlan.interface}".vlan = [ name ]; }) networking.vlans
    );
  };
  everywhere = lib.mkIf networking.useDHCP {
    "99-ethernet-default-dhcp" = {
      matchConfig = {
        Type = "ether";
        Kind = "!*";
      };
      DHCP = "yes";
    };
    "99-wireless-client-dhcp" = {
      matchConfig.WLANInterfaceType = "station";
      DHCP = "yes";
    };
  };
  bridges = enslaving "bridge" "Bridge" networking.bridges;
  bonds = enslaving "bond" "Bond" networking.bonds;
  together = parts: {
    networks = lib.mkMerge ([ everywhere ] ++ map (part: part.networks) parts);
    netdevs = lib.mkMerge (map (part: part.netdevs or { }) parts);
  };
in
{
  stage1 = together [
    gateway
    interfaces
    bridges
    vlans
  ];
  stage2 = together [
    gateway
    interfaces
    bridges
    bonds
    vlans
  ];
  # Those that are part of others have a file of their own.
  members =
    lib.concatMap (group: group.interfaces) (
      lib.attrValues networking.bridges ++ lib.attrValues networking.bonds
    )
    ++ map (vlan: vlan.interface) (lib.attrValues networking.vlans);
}
