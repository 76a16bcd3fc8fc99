# The network once the system is up: what the root hangs on is never let go.
{
  config,
  lib,
  ...
}:

let
  # Addresses from stage 1 stay whatever becomes of the daemon or the carrier,
  # and both stages ask for the same lease.
  keep = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule {
        config = {
          networkConfig.KeepConfiguration = lib.mkDefault "yes";
          networkConfig.IgnoreCarrierLoss = lib.mkDefault true;
          dhcpV4Config.ClientIdentifier = lib.mkDefault "mac";
        };
      }
    );
  };

  leaveRunning = condition: lib.mkIf condition { restartIfChanged = lib.mkDefault false; };
  scriptedAddresses = lib.any (
    interface: interface.ipv4.addresses != [ ] || interface.ipv6.addresses != [ ]
  ) (lib.attrValues config.networking.interfaces);
in
{
  options.systemd.network.networks = keep;
  options.boot.initrd.systemd.network.networks = keep;

  config = {
    networking = {
      useNetworkd = lib.mkDefault (!config.networking.networkmanager.enable);
      dhcpcd.persistent = lib.mkDefault true;
      # A rename takes the interface down.
      usePredictableInterfaceNames = lib.mkDefault false;
    };

    systemd.services = {
      systemd-networkd = leaveRunning config.systemd.network.enable;
      dhcpcd = leaveRunning (
        config.networking.dhcpcd.enable && config.networking.useDHCP && !config.networking.useNetworkd
      );
      NetworkManager = leaveRunning config.networking.networkmanager.enable;
    };

    assertions = [
      {
        assertion = config.networking.useNetworkd || !scriptedAddresses;
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
