# systemd as stage 1.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.boot.initrd.systemd;
  unit = import ./unit-options.nix { inherit lib pkgs; };
  free =
    description:
    mkOption {
      type = types.attrsOf types.anything;
      default = { };
      inherit description;
    };
  packages =
    description:
    mkOption {
      type = types.listOf types.package;
      default = [ ];
      inherit description;
    };
  strings =
    description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      inherit description;
    };
in
{
  options.boot.initrd.systemd = {
    # On since NixOS 26.05.
    enable = mkEnableOption "systemd in stage 1" // {
      default = true;
    };
    package = mkOption {
      type = types.package;
      default = config.systemd.package;
      description = "The systemd of stage 1.";
    };
    root = mkOption {
      type = types.nullOr (
        types.enum [
          "fstab"
          "gpt-auto"
        ]
      );
      default = "fstab";
      description = "How the root is found.";
    };
    emergencyAccess = mkOption {
      type = types.oneOf [
        types.bool
        (types.nullOr types.str)
      ];
      default = false;
      description = "Who may enter the emergency shell.";
    };
    storePaths = mkOption {
      type = types.listOf (types.oneOf [
        types.singleLineStr
        types.package
        types.attrs
      ]);
      default = [ ];
      description = "Store paths in the initrd.";
    };
    contents = mkOption {
      type = types.attrsOf (
        types.submodule (
          { config, name, ... }:
          {
            options = {
              enable = mkEnableOption "this file" // {
                default = true;
              };
              target = mkOption {
                type = types.path;
                default = name;
                description = "Where the file goes.";
              };
              text = mkOption {
                type = types.nullOr types.lines;
                default = null;
                description = "What is in it.";
              };
              source = mkOption {
                type = types.path;
                default = pkgs.writeText (baseNameOf name) config.text;
                description = "Where it comes from.";
              };
            };
          }
        )
      );
      default = { };
      description = "Files in the initrd.";
    };
    extraBin = mkOption {
      type = types.attrsOf types.path;
      default = { };
      description = "Programs in the initrd's /bin.";
    };
    initrdBin = packages "Packages whose programs are in the initrd's PATH.";
    packages = packages "Packages with units.";
    suppressedUnits = strings "Units to leave out.";
    suppressedStorePaths = strings "Store paths to leave out.";
    additionalUpstreamUnits = strings "Units of systemd's own to add.";
    users = free "Users of stage 1.";
    groups = free "Groups of stage 1.";
    settings.Manager = free "Settings of the manager.";
    managerEnvironment = free "Environment of the manager.";
    tmpfiles.settings = free "Rules for temporary files.";
    dbus.enable = mkEnableOption "D-Bus";
    tpm2.enable = mkEnableOption "TPMs" // {
      default = true;
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Lines of system.conf.";
    };

    services = unit.services;
    targets = unit.others;
    sockets = unit.others;
    paths = unit.others;
    timers = unit.others;
    mounts = unit.mounts;
    automounts = unit.mounts;
    units = unit.units;
    network = unit.network // {
      enable = mkOption {
        type = types.bool;
        default = config.boot.initrd.network.enable;
        defaultText = lib.literalExpression "config.boot.initrd.network.enable";
        description = "Whether networkd runs in stage 1.";
      };
    };
  };

  config = lib.mkIf (config.boot.initrd.enable && cfg.enable) {
    boot.kernelParams = lib.optional (cfg.root != null) "root=${cfg.root}";
    boot.initrd.systemd.units = unit.toUnits cfg;
    # One of those that NixOS asks for, which Raspberry Pi's kernels lack.
    boot.initrd.availableKernelModules = lib.optional cfg.tpm2.enable "tpm-crb";
  };
}
