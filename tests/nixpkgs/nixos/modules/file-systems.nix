# File systems, and the two fstabs that come of them.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkEnableOption mkOption types;
  nonEmpty = types.nonEmptyStr;
  mountPoint = types.coercedTo nonEmpty (
    path: if path == "/" then path else lib.removeSuffix "/" path
  ) (types.strMatching "/.*");
  # What stage 1 mounts, asked for or not.
  early = [
    "/"
    "/etc"
    "/nix"
    "/nix/store"
    "/usr"
    "/var"
    "/var/lib"
    "/var/lib/nixos"
    "/var/log"
  ];
  isEarly = fs: fs.neededForBoot || lib.elem fs.mountPoint early;
  all = builtins.filter (fs: fs.enable) (builtins.attrValues config.fileSystems);
  unchecked = [
    "auto"
    "none"
    "nfs"
    "nfs4"
    "overlay"
    "tmpfs"
  ];

  fstab = lib.concatMapStrings (
    fs:
    let
      escape = lib.replaceStrings [ " " "\t" ] [ "\\040" "\\011" ];
      device =
        if fs.device != null then
          escape fs.device
        else if fs.label != null then
          "/dev/disk/by-label/${escape fs.label}"
        else
          throw "no device for the mount point ${fs.mountPoint}";
      pass =
        if fs.noCheck || lib.elem fs.fsType unchecked then
          "0"
        else if fs.mountPoint == "/" then
          "1"
        else
          "2";
    in
    "${device} ${escape fs.mountPoint} ${fs.fsType} ${escape (lib.concatStringsSep "," fs.options)} 0 ${pass}\n"
  );

  fileSystem =
    { name, config, ... }:
    {
      options = {
        enable = mkEnableOption "this file system" // {
          default = true;
        };
        mountPoint = mkOption {
          type = mountPoint;
          default = name;
          description = "Where it is mounted.";
        };
        device = mkOption {
          type = types.nullOr nonEmpty;
          default = null;
          description = "What is mounted.";
        };
        label = mkOption {
          type = types.nullOr nonEmpty;
          default = null;
          description = "Its label.";
        };
        fsType = mkOption {
          type = nonEmpty;
          default = "auto";
          description = "Its type.";
        };
        options = mkOption {
          type = types.nonEmptyListOf nonEmpty;
          default = [ "defaults" ];
          description = "How it is mounted.";
        };
        depends = mkOption {
          type = types.listOf mountPoint;
          default = [ ];
          description = "What is mounted before it.";
        };
        neededForBoot = mkEnableOption "mounting it in stage 1";
        noCheck = mkEnableOption "no check of it";
        autoFormat = mkEnableOption "formatting it";
        autoResize = mkEnableOption "growing it";
        overlay = {
          lowerdir = mkOption {
            type = types.nullOr (types.nonEmptyListOf types.str);
            default = null;
            description = "Lower layers.";
          };
          upperdir = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "The upper layer.";
          };
          workdir = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "The upper layer's work directory.";
          };
        };
      };
      config = {
        device = lib.mkIf (lib.elem config.fsType [
          "tmpfs"
          "overlay"
        ]) (lib.mkDefault config.fsType);
        fsType = lib.mkIf (config.overlay.lowerdir != null) (lib.mkDefault "overlay");
        options = lib.mkMerge [
          (lib.mkIf config.autoResize [ "x-systemd.growfs" ])
          (lib.mkIf (isEarly config) [ "x-initrd.mount" ])
        ];
      };
    };
in
{
  options = {
    fileSystems = mkOption {
      type = types.attrsOf (types.submodule fileSystem);
      default = { };
      description = "What is mounted where.";
    };
    swapDevices = mkOption {
      type = types.listOf (types.attrsOf types.anything);
      default = [ ];
      description = "Swap space.";
    };
    system.fsPackages = mkOption {
      type = types.listOf types.package;
      internal = true;
      default = [ ];
      description = "What mounts and checks file systems.";
    };
  };

  config = {
    boot.supportedFilesystems = map (fs: fs.fsType) all;
    boot.initrd.supportedFilesystems = map (fs: fs.fsType) (builtins.filter isEarly all);
    system.fsPackages = lib.mkIf (
      config.boot.supportedFilesystems.nfs or false || config.boot.supportedFilesystems.nfs4 or false
    ) [ pkgs.nfs-utils ];
    environment.etc.fstab.text = fstab all;
    system.build = {
      fileSystemsForBoot = builtins.filter isEarly all;
      fileSystems = all;
      initrdFstab = fstab (builtins.filter isEarly all);
    };
    assertions = [
      {
        assertion = config.boot.isContainer || config.fileSystems ? "/";
        message = "fileSystems has no root file system.";
      }
    ];
  };
}
