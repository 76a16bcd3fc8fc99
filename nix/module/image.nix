# The image itself.
{
  config,
  lib,
  ...
}:

let
  cfg = config.netImage;
  makeImage = cfg.buildPackages.callPackage ../image.nix { netimage-builder = cfg.package; };
  inherit (import ./nfs-text.nix { inherit lib; }) isVersion;
  # The image's own toplevel is the one to start.
  isInit = lib.hasPrefix "init=";
  hasRoot = lib.any (lib.hasPrefix "root=") config.boot.kernelParams;

  failed = map (one: one.message) (lib.filter (one: !one.assertion) cfg.assertions);
  checked =
    image:
    if failed == [ ] then
      lib.showWarnings cfg.warnings image
    else
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (message: "- ${message}") failed}";

  mkImage =
    { lean }:
    checked (makeImage {
      inherit lean;
      inherit (cfg)
        rootDirectoryName
        rootKind
        storePaths
        populateFirmwareCommands
        populateRootCommands
        nixDatabase
        verify
        allow
        boards
        ;
      imageName = cfg.imageBaseName;
      inherit (config.system.build) toplevel;
      nfs = {
        inherit (cfg.nfs) path server version;
        options = lib.filter (option: !isVersion option) cfg.nfs.mountOptions;
      };
      # Commands that write the boot files write cmdline.txt too.
      commandLine = if cfg.firmware.enable then cfg.commandLine else null;
      bootFiles = cfg.firmware.bootFiles;
      firmwareCommands = cfg.firmware.commands;
    });
in
{
  # The system waits for NixOS' own assertions and warnings. Those that ask for
  # netImage.firmware.enable look at populateFirmwareCommands, which may name the
  # system, and would wait for themselves there.
  options.netImage = {
    assertions = lib.mkOption {
      type = lib.types.listOf lib.types.unspecified;
      default = [ ];
      internal = true;
      description = "What has to hold before the image is built.";
    };
    warnings = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      internal = true;
      description = "What is said when the image is built.";
    };
    rootKind = lib.mkOption {
      type = lib.types.enum [
        "own"
        "shared"
      ];
      default = "own";
      internal = true;
      description = "Where the machine has its store: in a root of its own, or in a depot's store.";
    };
    commandLine = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      internal = true;
      readOnly = true;
      description = "The kernel parameters of the boards, without init=.";
    };
  };

  config.netImage.commandLine =
    lib.filter (parameter: !isInit parameter) config.boot.kernelParams
    # The scripted stage 1 mounts by its fstab and needs no root=, but the
    # kernel's own means would get in its way.
    ++ lib.optional (!hasRoot) "root=/dev/nfs"
    ++ cfg.kernelParams;

  config.system.build = {
    netImage = mkImage { lean = false; };
    # Refers to its closure instead of holding it: for a depot on a machine with Nix.
    netImageLean = mkImage { lean = true; };
  };
}
