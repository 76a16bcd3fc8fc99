# systemd as stage 2's init.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkEnableOption mkOption types;
  unit = import ./unit-options.nix { inherit lib pkgs; };
  free =
    description:
    mkOption {
      type = types.attrsOf types.anything;
      default = { };
      inherit description;
    };
in
{
  options.systemd = {
    package = mkOption {
      type = types.package;
      default = pkgs.systemd;
      defaultText = lib.literalExpression "pkgs.systemd";
      description = "The systemd to use.";
    };
    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages with units.";
    };
    services = unit.services;
    targets = unit.others;
    sockets = unit.others;
    paths = unit.others;
    timers = unit.others;
    slices = unit.others;
    mounts = unit.mounts;
    automounts = unit.mounts;
    units = unit.units;
    suppressedSystemUnits = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Units to leave out.";
    };
    network = unit.network // {
      enable = mkEnableOption "networkd";
    };
    tmpfiles = {
      rules = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Rules for temporary files.";
      };
      settings = free "Rules for temporary files, by file.";
    };
    settings.Manager = free "Settings of the manager.";
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Lines of system.conf.";
    };
    watchdog = free "Watchdogs.";
    enableEmergencyMode = mkEnableOption "the emergency shell" // {
      default = true;
    };
    globalEnvironment = free "Environment of all services.";
    shutdownRamfs.enable = mkEnableOption "an initrd for shutdown" // {
      default = true;
    };
  };

  config.systemd.units = unit.toUnits config.systemd;
}
