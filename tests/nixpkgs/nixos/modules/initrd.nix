# Stage 1, what both kinds of it have and what the scripted one has alone.
{ config, lib, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  cfg = config.boot.initrd;
  names = import ./names.nix { inherit lib; };
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
  # Options without a meaning under systemd.
  scripted = [
    "extraUtilsCommands"
    "extraUtilsCommandsTest"
    "postDeviceCommands"
    "postMountCommands"
    "postResumeCommands"
    "preDeviceCommands"
    "preFailCommands"
    "preLVMCommands"
  ];
in
{
  options.boot.initrd = {
    enable = mkEnableOption "an initrd" // {
      default = true;
    };
    kernelModules = names.list "Modules that stage 1 loads.";
    availableKernelModules = names.list "Modules that stage 1 can load.";
    allowMissingModules = mkEnableOption "doing without modules that the kernel lacks";
    includeDefaultModules = mkEnableOption "modules for usual disks and keyboards" // {
      default = true;
    };
    supportedFilesystems = names.set "File systems that stage 1 can mount.";
    checkJournalingFS = mkEnableOption "checking journalling file systems" // {
      default = true;
    };
    verbose = mkEnableOption "messages" // {
      default = true;
    };
    compressor = mkOption {
      type = types.unspecified;
      default = "zstd";
      description = "What compresses the initrd; the stand-in's is not compressed.";
    };
    prepend = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Archives in front of the initrd.";
    };
    secrets = mkOption {
      type = types.attrsOf (types.nullOr (types.either types.path types.str));
      default = { };
      description = "Files that only the boot loader adds.";
    };
    luks.devices = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Encrypted devices.";
    };
    services = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Services of stage 1, free of form in the stand-in.";
    };
    network = {
      enable = mkEnableOption "a network in stage 1";
      flushBeforeStage2 = mkOption {
        type = types.bool;
        default = true;
        description = "Whether interfaces are cleared before stage 2.";
      };
      postCommands = text "Shell commands once the network is up.";
      udhcpc = {
        enable = mkOption {
          type = types.bool;
          default = config.networking.useDHCP && !cfg.systemd.enable;
          defaultText = lib.literalExpression "networking.useDHCP";
          description = "Whether udhcpc asks for an address.";
        };
        extraArgs = mkOption {
          type = types.listOf types.str;
          default = [ ];
          description = "Arguments of udhcpc.";
        };
      };
      ssh.enable = mkEnableOption "SSH in stage 1";
      ssh.hostKeys = mkOption {
        type = types.listOf (types.either types.str types.path);
        default = [ ];
        description = "The host keys of stage 1.";
      };
      ifstate.enable = mkEnableOption "ifstate in stage 1";
    };
  }
  // lib.genAttrs scripted text;

  config = {
    boot.initrd.availableKernelModules = lib.mkIf cfg.includeDefaultModules [
      "atkbd"
      "xhci_pci"
    ];
    # Mounting NFS is the kernel's work; of its modules only this one is named.
    boot.initrd.kernelModules = lib.mkIf (
      cfg.supportedFilesystems.nfs or false || cfg.supportedFilesystems.nfs4 or false
    ) [ "nfs" ];

    assertions =
      map (name: {
        assertion = cfg.systemd.enable -> cfg.${name} == "";
        message = "systemd stage 1 does not support 'boot.initrd.${name}'.";
      }) scripted
      ++ [
        {
          assertion = cfg.systemd.enable -> cfg.network.postCommands == "";
          message = "systemd stage 1 does not support 'boot.initrd.network.postCommands'.";
        }
      ];
  };
}
