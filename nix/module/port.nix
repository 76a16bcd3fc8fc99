# What networkd makes of a wired port: which .network file it takes for it, and
# whether that leads to an address (systemd.network(5)). Functions on what NixOS
# has in systemd.network. Whatever cannot be known here is taken to be well.
{ lib }:

rec {
  # A device is { name; kind; }. The kind of a port is "", the name that of the
  # kernel, or null where it is renamed; null as a kind is one that is not known.
  port = name: {
    inherit name;
    kind = "";
  };

  words = value: lib.filter (word: word != "") (lib.splitString " " (toString value));

  # Whether a text is among these globs, or with "!" is not; null where that is
  # not known. Nothing is among what is empty.
  isAmong =
    globs: text:
    let
      isNegative = lib.hasPrefix "!";
      found = map (glob: matches (lib.removePrefix "!" glob) text) globs;
    in
    if lib.length (lib.unique (map isNegative globs)) != 1 then
      null
    else if lib.elem true found then
      !isNegative (lib.head globs)
    else if lib.elem null found then
      null
    else
      isNegative (lib.head globs);
  matches =
    glob: text:
    if text == "" then
      false
    else if lib.hasInfix "[" glob then
      null
    else
      builtins.match (lib.replaceStrings [ "\\*" "\\?" ] [ ".*" "." ] (lib.escapeRegex glob)) text
      != null;

  # Whether a file is for a device; null where that is not known.
  isFor =
    device: network:
    let
      wireless = _: false;
      verdict = {
        Name =
          globs:
          if device.name != null then
            isAmong globs device.name
          else if lib.all (lib.hasPrefix "wl") globs then
            false
          else
            null;
        Type = globs: if device.kind == null then null else isAmong globs "ether";
        Kind = globs: if device.kind == null then null else isAmong globs device.kind;
        WLANInterfaceType = wireless;
        SSID = wireless;
        BSSID = wireless;
      };
      verdicts = lib.mapAttrsToList (key: value: (verdict.${key} or (_: null)) (words value)) (
        lib.optionalAttrs (network.name or null != null) { Name = network.name; } // network.matchConfig
      );
    in
    if lib.elem false verdicts then
      false
    else if verdicts == [ ] || lib.elem null verdicts then
      null
    else
      true;

  # The files that networkd may take for a device: the first that is for it, and
  # whichever before it may be.
  filesFor =
    device: networks:
    let
      upToFirst =
        files:
        if files == [ ] then
          [ ]
        else
          let
            file = lib.head files;
            verdict = isFor device networks.${file};
          in
          lib.optional (verdict != false) file
          ++ lib.optionals (verdict != true) (upToFirst (lib.tail files));
    in
    upToFirst (
      lib.sort (one: other: "${one}.network" < "${other}.network") (
        lib.filter (file: networks.${file}.enable or true) (lib.attrNames networks)
      )
    );

  # The bridge or bond into which a file puts its device, or null.
  masterOf =
    network:
    lib.findFirst (name: name != null) null (
      [
        (network.networkConfig.Bridge or null)
        (network.networkConfig.Bond or null)
      ]
      ++ network.bridge or [ ]
      ++ network.bond or [ ]
    );
  # The devices that a file puts on top of its own.
  uppersOf =
    network:
    network.vlan or [ ]
    ++ network.macvlan or [ ]
    ++ network.ipvlan or [ ]
    ++ lib.concatMap (key: words (network.networkConfig.${key} or "")) [
      "VLAN"
      "MACVLAN"
      "IPVLAN"
    ];

  isTrue =
    value:
    lib.elem (toString value) [
      "1"
      "on"
      "true"
      "yes"
    ];
  # Whether networkd leaves the device of a file alone.
  isUnmanaged = network: isTrue (network.linkConfig.Unmanaged or false);

  # Whether a file gives its device an address, of version 4 if that is needed.
  hasAddress =
    needsIPv4: network:
    let
      set = key: toString (network.networkConfig.${key} or "");
      dhcp = if network.DHCP or null != null then network.DHCP else set "DHCP";
      noAnnouncement = lib.elem (network.networkConfig.IPv6AcceptRA or true) [
        false
        "no"
        "false"
        "0"
      ];
      fixed =
        network.address or [ ]
        ++ map (one: one.addressConfig.Address or one.Address or "") (network.addresses or [ ])
        ++ words (network.networkConfig.Address or "");
    in
    isTrue dhcp
    || dhcp == "ipv4"
    || (!needsIPv4 && (dhcp == "ipv6" || !noAnnouncement))
    || lib.any (address: !(needsIPv4 && lib.hasInfix ":" address)) fixed
    # It may say anything.
    || network.extraConfig or "" != "";

  # What is left without an address: { device; file; }, the file null if there is
  # none for it. Null where an address comes to a device, or to what carries its
  # traffic.
  lacking =
    {
      needsIPv4,
      networks,
      netdevs,
    }@stage:
    device:
    let
      above =
        name:
        lacking stage {
          inherit name;
          kind =
            (lib.findFirst (netdev: netdev.netdevConfig.Name or null == name) { } (lib.attrValues netdevs))
            .netdevConfig.Kind or null;
        };
      lackingIn =
        file:
        let
          network = networks.${file};
          master = masterOf network;
        in
        if master != null then
          above master
        else if
          !isUnmanaged network && hasAddress needsIPv4 network
          || lib.any (name: above name == null) (uppersOf network)
        then
          null
        else
          {
            inherit file;
            device = device.name;
          };
      found = map lackingIn (filesFor device networks);
    in
    if found == [ ] then
      {
        file = null;
        device = device.name;
      }
    else if lib.elem null found then
      null
    else
      lib.last found;

  # The bridge or bond into which a device is sure to come, or null.
  sureMaster =
    networks: device:
    let
      masters = lib.unique (map (file: masterOf networks.${file}) (filesFor device networks));
    in
    if lib.length masters == 1 then lib.head masters else null;
}
