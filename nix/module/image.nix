# The image itself.
{
  config,
  lib,
  ...
}:

let
  cfg = config.netImage;
  mkImage = cfg.buildPackages.callPackage ../image.nix { netimage-builder = cfg.package; };
  inherit (import ./nfs-text.nix { inherit lib; }) isVersion;
  # The image's own toplevel is the one to start.
  isInit = lib.hasPrefix "init=";
  hasRoot = lib.any (lib.hasPrefix "root=") config.boot.kernelParams;
in
{
  config.system.build.netImage = mkImage {
    inherit (cfg)
      rootDirectoryName
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
      inherit (cfg.nfs) path version;
      server = if cfg.nfs.server == null then "unset" else cfg.nfs.server;
      options = lib.filter (option: !isVersion option) cfg.nfs.mountOptions;
    };
    # Commands that write the boot files write cmdline.txt too.
    commandLine =
      if cfg.firmware.enable then
        lib.filter (parameter: !isInit parameter) config.boot.kernelParams
        # The scripted stage 1 mounts by its fstab and needs no root=, but the
        # kernel's own means would get in its way.
        ++ lib.optional (!hasRoot) "root=/dev/nfs"
        ++ cfg.kernelParams
      else
        null;
    bootFiles = cfg.firmware.bootFiles;
    firmwareCommands = cfg.firmware.commands;
  };
}
