# What a configuration comes to, as data: that of it which is the module's work.
{
  lib,
  name,
  configuration,
}:

let
  inherit (configuration) config;
  inherit (config.boot) initrd;
  plain = value: builtins.fromJSON (builtins.unsafeDiscardStringContext (builtins.toJSON value));
  some = lib.filterAttrs (_: value: value != { } && value != [ ] && value != null && value != "");
  network =
    network:
    some {
      inherit (network)
        matchConfig
        linkConfig
        networkConfig
        dhcpV4Config
        DHCP
        address
        gateway
        vlan
        ;
    };
  # The units of ours, and those that hold the network.
  units = [
    "boot-complete"
    "netimage-confirm"
    "netimage-fall-back"
    "netimage-database"
    "netimage-register"
    "systemd-networkd"
    "dhcpcd"
    "NetworkManager"
  ];
  inherit (config.system.build.netImage) spec;
  kernelModules = {
    inherit (initrd) availableKernelModules kernelModules;
  };
  bootFiles = {
    targets = map (file: file.target) spec.boot.files;
    deviceTrees = lib.filter (lib.hasPrefix "for candidate in ") (
      lib.splitString "\n" config.netImage.firmware.commands
    );
  };
in
plain (
  if lib.hasPrefix "board-" name then
    { inherit kernelModules bootFiles; }
  else if lib.hasPrefix "switch-" name then
    {
      inherit (config.boot.loader) netimage;
      inherit (config.system.boot.loader) id;
      inherit (config.system.build) installBootLoader;
      inherit (config.system) systemBuilderCommands;
      inherit (config.netImage) commandLine;
      unit = config.systemd.units."netimage-served.service".text or null;
    }
  else
    {
      fileSystems = lib.mapAttrs (_: one: { inherit (one) device fsType options; }) config.fileSystems;
      kernelParams = config.boot.kernelParams;
      initrd = kernelModules // {
        supportedFilesystems = initrd.supportedFilesystems;
        network = {
          inherit (initrd.network) enable flushBeforeStage2;
          udhcpc = {
            inherit (initrd.network.udhcpc) enable extraArgs;
          };
        };
        systemd = lib.optionalAttrs initrd.systemd.enable {
          inherit (initrd.systemd) extraBin storePaths emergencyAccess;
          networks = lib.mapAttrs (_: network) initrd.systemd.network.networks;
          inherit (initrd.systemd.network) wait-online;
          units = lib.attrNames initrd.systemd.units;
        }
        // some {
          mounts = lib.mapAttrs (_: unit: unit.text) (
            lib.filterAttrs (name: _: lib.hasSuffix ".mount" name) initrd.systemd.units
          );
          inherit (initrd.systemd.settings) Manager;
        };
      };
      networking = {
        inherit (config.networking) useNetworkd useDHCP usePredictableInterfaceNames;
        dhcpcd.persistent = config.networking.dhcpcd.persistent;
        networks = lib.mapAttrs (_: network) config.systemd.network.networks;
        wait-online.anyInterface = config.systemd.network.wait-online.anyInterface;
      };
      units = lib.mapAttrs (_: unit: unit.text) (
        lib.filterAttrs (name: _: lib.elem (lib.head (lib.splitString "." name)) units) config.systemd.units
      );
      registration = config.systemd.services.netimage-register.script or null;
      nix.settings = config.nix.settings;
      warnings = config.warnings ++ config.netImage.warnings;
      inherit spec;
    }
    // some {
      inherit (config.systemd.settings) Manager;
    }
)
