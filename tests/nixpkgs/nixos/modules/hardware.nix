# Device trees and firmware.
{ config, lib, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.hardware.deviceTree;
  inherit (config.boot.kernelPackages) kernel;
  maybe =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit description;
    };
in
{
  options.hardware = {
    deviceTree = {
      enable = mkOption {
        type = types.bool;
        default = kernel.buildDTBs;
        description = "Whether device trees are part of the system.";
      };
      kernelPackage = mkOption {
        type = types.package;
        default = kernel;
        description = "Where they come from.";
      };
      dtbSource = mkOption {
        type = types.path;
        default = "${cfg.kernelPackage}/dtbs";
        description = "Their directory.";
      };
      package = mkOption {
        type = types.nullOr types.path;
        internal = true;
        description = "Device trees with overlays applied.";
      };
      name = maybe "The machine's own.";
      filter = maybe "Which of them.";
      overlays = mkOption {
        type = types.listOf types.anything;
        default = [ ];
        description = "Overlays to apply.";
      };
    };
    firmware = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages of firmware.";
    };
    enableRedistributableFirmware = mkEnableOption "firmware that may be passed on";
    enableAllFirmware = mkEnableOption "all firmware";
    enableAllHardware = mkEnableOption "modules for all hardware";
  };

  config.hardware.deviceTree.package = lib.mkDefault (if cfg.enable then cfg.dtbSource else null);
}
