# What would leave the root's port without an address is said before.
{
  config,
  lib,
  options,
  ...
}:

let
  inherit (import ./port.nix { inherit lib; })
    filesFor
    isUnmanaged
    lacking
    port
    sureMaster
    words
    ;
  inherit (config.netImage) nfs wiredPorts;
  inherit (config) networking;
  stage2 = config.systemd.network;
  stage1 = config.boot.initrd.systemd.network;
  inherit (config.boot) initrd;
  networkdInStage1 = config.boot.initrd.systemd.enable && stage1.enable;
  networkdInStage2 = stage2.enable && !networking.networkmanager.enable;

  namesIn = network: words (network.matchConfig.Name or network.name or null);
  namesOf = stage: lib.concatMap namesIn (lib.attrValues stage.networks);
  # Ports that have a file of their own can be the root's as well as the first.
  isPort = name: builtins.match "(eth|usb)[0-9]+" name != null;
  lackingIn =
    stage:
    let
      found = map (
        name:
        lacking {
          inherit (stage) networks netdevs;
          needsIPv4 = nfs.address != null && !nfs.isIPv6;
        } (port name)
      ) (lib.unique ([ "eth0" ] ++ lib.filter isPort (namesOf stage)));
    in
    # The kernel and stage 1 see to ip= by themselves.
    if wiredPorts == null || asksByParameter || lib.elem null found then null else lib.head found;
  asksByParameter = lib.any (lib.hasPrefix "ip=") (
    config.boot.kernelParams ++ config.netImage.kernelParams
  );
  lackingInStage1 = if networkdInStage1 then lackingIn stage1 else null;
  lackingInStage2 = if networkdInStage2 then lackingIn stage2 else null;

  # The line to write for what is lacking. NixOS calls its own files 40-….
  ask =
    option: stage: lack:
    if isUnmanaged (stage.networks.${toString lack.file} or { }) then
      ''${option}.networks."${lack.file}".linkConfig.Unmanaged = false;''
    else if lack.file == null || lib.hasPrefix "40-" lack.file then
      "networking.interfaces.${lack.device}.useDHCP = true;"
    else
      ''${option}.networks."${lack.file}".${
        lib.optionalString (isInSection stage.networks.${lack.file}) "networkConfig."
      }DHCP = "${if nfs.isIPv6 then "yes" else "ipv4"}";'';
  isInSection = network: network.DHCP or null == null && network.networkConfig ? DHCP;
  reason =
    lack:
    if lack.file == null then
      "no .network file is for ${lack.device}"
    else
      "${lack.file}.network gives ${lack.device} none";

  # What takes the port away from the address of stage 1.
  holding =
    groups:
    lib.findFirst (group: lib.elem "eth0" (names groups.${group}.interfaces)) null (
      lib.attrNames groups
    );
  names = list: if lib.isList list then list else lib.attrNames list;
  scripted = lib.findFirst (name: name != null) null (
    [ (holding networking.vswitches) ]
    ++ lib.optionals (!stage2.enable) [
      (holding networking.bridges)
      (holding networking.bonds)
    ]
  );
  ofNetworkd = if stage2.enable then sureMaster stage2.networks (port "eth0") else null;
  master = if scripted != null then scripted else ofNetworkd;
  masterOfStage1 = if networkdInStage1 then sureMaster stage1.networks (port "eth0") else null;
  isTakenAway =
    wiredPorts != null && master != null && (scripted != null || master != masterOfStage1);

  # What puts the port into its master in stage 2.
  filesOfMaster =
    let
      netdevs = lib.filterAttrs (_: netdev: netdev.netdevConfig.Name or null == master) stage2.netdevs;
      networksFor = device: map (file: ''networks."${file}"'') (filesFor device stage2.networks);
    in
    map (file: ''netdevs."${file}"'') (lib.attrNames netdevs)
    ++ networksFor (port "eth0")
    ++ networksFor {
      name = master;
      kind = null;
    };
  keepOut =
    if networking.bridges ? ${toString master} then
      ''
        Have stage 1 make the bridge, too:
          boot.initrd.systemd.enable = true;
          networking.useNetworkd = true;''
    else if networking.bonds ? ${toString master} then
      ''
        Leave it out:
          networking.bonds.${master}.interfaces = lib.mkForce [ ${
            lib.concatMapStringsSep " " (name: ''"${name}"'') (
              lib.remove "eth0" networking.bonds.${master}.interfaces
            )
          } ];''
    else if scripted != null then
      "Leave it out."
    else if !initrd.systemd.enable then
      ''
        Have stage 1 do so, too, by boot.initrd.systemd.network. That needs
          boot.initrd.systemd.enable = true;''
    else
      ''
        Have stage 1 do so, too:
        ${lib.concatMapStringsSep "\n" (
          file: "  boot.initrd.systemd.network.${file} = config.systemd.network.${file};"
        ) filesOfMaster}'';

  # Names that nothing has here, as udev would give them.
  isRenamed =
    name: builtins.match "en([dos][0-9]+|[pu][0-9][0-9a-z]*|x[0-9a-f]{12})" name != null;
  gateways = lib.filterAttrs (_: gateway: gateway != null) {
    inherit (networking) defaultGateway defaultGateway6;
  };
  bareGateways = lib.filterAttrs (_: gateway: gateway.interface or null == null) gateways;
  isNetworkdOurs = options.networking.useNetworkd.highestPrio >= (lib.mkDefault null).priority;
  named =
    map namesIn (
      lib.attrValues stage1.networks ++ lib.attrValues stage2.networks
    )
    ++ map (interface: [ interface.name ]) (lib.attrValues networking.interfaces)
    ++ map (gateway: lib.optional (gateway.interface or null != null) gateway.interface) (
      lib.attrValues gateways
    );
  absent = lib.optionals (wiredPorts != null) (
    lib.unique (lib.concatLists (lib.filter (lib.all isRenamed) named))
  );

  # As udev calls a wired port, where that is not known.
  mayBeRoots =
    interface: if wiredPorts == null then lib.hasPrefix "e" interface.name else interface.name == "eth0";
  scriptedAddresses = lib.any (
    interface:
    mayBeRoots interface && (interface.ipv4.addresses != [ ] || interface.ipv6.addresses != [ ])
  ) (lib.attrValues networking.interfaces);
in
{
  config = {
    warnings =
      lib.optional (absent != [ ]) ''
        No interface is called ${lib.concatStringsSep " or " absent} here: they keep the kernel's names, as a rename
        would take the root's network away. The wired port is eth0. Write that instead, as in
          networking.interfaces.eth0.useDHCP = true;''
      ++ lib.optional (lackingInStage1 == null && lackingInStage2 != null) ''
        Stage 2 gets no address on the wired port: ${reason lackingInStage2}. It keeps that of
        stage 1, with no name server and a lease that nobody renews. Write
          ${ask "systemd.network" stage2 lackingInStage2}'';

    assertions = [
      {
        assertion =
          asksByParameter || (if initrd.systemd.enable then stage1.enable else initrd.network.enable);
        message = ''
          Stage 1 has no network to mount the root over. Set
            boot.initrd.${lib.optionalString initrd.network.enable "systemd."}network.enable = true;'';
      }
      {
        assertion = lackingInStage1 == null;
        message = ''
          Stage 1 gets no address on the wired port: ${reason lackingInStage1}. Write
            ${ask "boot.initrd.systemd.network" stage1 lackingInStage1}
          or give it a fixed address.'';
      }
      {
        assertion = !isTakenAway;
        message = ''
          Stage 2 would put eth0 into ${toString master}, and the root would lose its network.
          ${keepOut}'';
      }
      {
        assertion = networking.useNetworkd -> bareGateways == { };
        message = ''
          networkd needs the interface of a gateway${
            lib.optionalString isNetworkdOurs ", and netimage turns networkd on, so that\nthe root keeps its network"
          }. Write
          ${lib.concatStringsSep "\n" (
            lib.mapAttrsToList (
              name: gateway: "  networking.${name} = { address = \"${gateway.address}\"; interface = \"eth0\"; };"
            ) bareGateways
          )}'';
      }
      {
        assertion = networking.useNetworkd || !scriptedAddresses;
        message = ''
          networking.interfaces with fixed addresses would be taken down at
          shutdown and on switch, and the root with them. Set
            networking.useNetworkd = true;'';
      }
      {
        assertion = config.systemd.shutdownRamfs.enable;
        message = ''
          Without systemd.shutdownRamfs.enable the system hangs at shutdown, as
          it runs from the root that it unmounts. Set it to true.'';
      }
    ];
  };
}
