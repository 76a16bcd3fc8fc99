# The network once the system is up: what the root hangs on is never let go.
{
  config,
  lib,
  ...
}:

let
  inherit (import ./port.nix { inherit lib; }) isFor port;
  inherit (config.netImage) wiredPorts;

  # What may carry the root: a wired port, or what is built on one.
  carriers =
    netdevs:
    map port (if wiredPorts == null then [ null ] else wiredPorts)
    ++ map (netdev: {
      name = netdev.netdevConfig.Name or null;
      kind = netdev.netdevConfig.Kind;
    }) (
      lib.filter (
        netdev:
        lib.elem (netdev.netdevConfig.Kind or null) [
          "bridge"
          "bond"
          "vlan"
        ]
      ) (lib.attrValues netdevs)
    );
  # Its addresses from stage 1 stay whatever becomes of the daemon or the carrier,
  # and both stages ask for the same lease. The option is NixOS' own: its type is
  # extended, as only that gives each file a default, whoever defines it.
  keep =
    netdevs:
    lib.mkOption {
      type = lib.types.attrsOf (
        lib.types.submodule (
          { config, ... }:
          let
            # Around the sections: NixOS checks a setting below one condition or
            # priority, not below both.
            onCarrier = lib.mkIf (lib.any (device: isFor device config != false) (carriers netdevs));
          in
          {
            config = {
              networkConfig = onCarrier {
                KeepConfiguration = lib.mkDefault "yes";
                IgnoreCarrierLoss = lib.mkDefault true;
              };
              dhcpV4Config = onCarrier { ClientIdentifier = lib.mkDefault "mac"; };
            };
          }
        )
      );
    };

  renames = link: link.linkConfig ? Name || link.linkConfig ? NamePolicy;
  links =
    lib.attrValues config.systemd.network.links
    ++ lib.attrValues config.boot.initrd.systemd.network.links;

  leaveRunning = condition: lib.mkIf condition { restartIfChanged = lib.mkDefault false; };
in
{
  options = {
    systemd.network.networks = keep config.systemd.network.netdevs;
    boot.initrd.systemd.network.networks = keep config.boot.initrd.systemd.network.netdevs;

    netImage.wiredPorts = lib.mkOption {
      type = lib.types.nullOr (lib.types.listOf lib.types.str);
      internal = true;
      readOnly = true;
      description = "The names that wired ports have; null if they are renamed.";
    };
  };

  config = {
    # Those of the kernel.
    netImage.wiredPorts =
      if config.networking.usePredictableInterfaceNames || lib.any renames links then
        null
      else
        map (n: "eth${toString n}") (lib.range 0 3);

    networking = {
      useNetworkd = lib.mkDefault (!config.networking.networkmanager.enable);
      dhcpcd.persistent = lib.mkDefault true;
      # A rename takes the interface down.
      usePredictableInterfaceNames = lib.mkDefault false;
    };
    # The root's port is online; another may never be.
    systemd.network.wait-online.anyInterface = lib.mkDefault true;

    systemd.services = {
      systemd-networkd = leaveRunning config.systemd.network.enable;
      dhcpcd = leaveRunning (
        config.networking.dhcpcd.enable && config.networking.useDHCP && !config.networking.useNetworkd
      );
      NetworkManager = leaveRunning config.networking.networkmanager.enable;
    };
  };
}
