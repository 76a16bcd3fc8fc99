# What the image is called and made of.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.netImage;
in
{
  imports = [
    (lib.mkRenamedOptionModule
      [
        "netImage"
        "directoryBaseName"
      ]
      [
        "netImage"
        "imageBaseName"
      ]
    )
  ];

  options.netImage = {
    imageBaseName = mkOption {
      type = types.str;
      default = "nixos-net-image";
      description = "Prefix of the name of the root directory, and the image's own name.";
    };

    rootDirectoryName = mkOption {
      # The derivation has this name, too, and Nix takes no longer ones.
      type = types.strMatching "[0-9A-Za-z+_?=-][0-9A-Za-z+._?=-]{0,206}" // {
        description = "name without `/`, of letters, digits and +-._?=";
      };
      default = "${cfg.imageBaseName}-${config.system.nixos.label}-${pkgs.stdenv.hostPlatform.system}";
      defaultText = literalExpression ''"''${imageBaseName}-''${config.system.nixos.label}-''${pkgs.stdenv.hostPlatform.system}"'';
      description = "Name of the root below `net-image/os`.";
    };

    storePaths = mkOption {
      type = types.listOf types.package;
      defaultText = literalExpression "[ config.system.build.toplevel ]";
      example = literalExpression "[ pkgs.stdenv ]";
      description = ''
        Derivations whose closure the image holds. The system itself is always
        among them; what is listed here is added.
      '';
    };

    populateFirmwareCommands = mkOption {
      type = types.lines;
      default = "";
      example = literalExpression "''cp \${pkgs.myBootLoader}/u-boot.bin ./''";
      description = ''
        Shell commands that fill the current directory with the files to serve
        over TFTP. The directory is empty but for what they put there. Setting
        it turns `netImage.firmware.enable` off, as the commands then give all.
      '';
    };

    populateRootCommands = mkOption {
      type = types.lines;
      default = "";
      example = literalExpression "''mkdir -p ./files/etc; echo pi > ./files/etc/issue''";
      description = ''
        Shell commands that fill `./files` with what the root holds beside its
        store.
      '';
    };

    kernelParams = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "console=serial0,115200" ];
      description = ''
        Kernel parameters for network boot, after those of `boot.kernelParams`.
        They win over parameters that the image would have by itself.
      '';
    };

    nixDatabase = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the root has a Nix database in which its store is registered.
        If not, the first boot registers it, for which the root has to be
        writable.
      '';
    };

    verify = mkOption {
      type = types.enum [
        "full"
        "none"
      ];
      default = "full";
      description = "Whether every store path is proved against its NAR hash while it is copied.";
    };

    allow = mkOption {
      type = types.listOf (
        types.enum (lib.importJSON ../checks.json)
        // {
          description = "code in docs/checks.md";
          descriptionClass = "noun";
        }
      );
      default = [ ];
      example = [ "size-64-mib" ];
      description = ''
        Findings that do not fail the build, by their codes.
      '';
    };

    package = mkOption {
      type = types.package;
      default = cfg.buildPackages.callPackage ../package.nix { };
      defaultText = lib.literalMD "netimage's own for `buildSystem`";
      description = "The builder, for the system that builds.";
    };

    buildSystem = mkOption {
      type = types.str;
      default = pkgs.stdenv.buildPlatform.system;
      defaultText = literalExpression "pkgs.stdenv.buildPlatform.system";
      example = "x86_64-linux";
      description = ''
        The system on which the image is put together. It only copies, so that
        it need not be able to run what it copies.
      '';
    };

    buildPackages = mkOption {
      type = types.raw;
      internal = true;
      description = "The packages that put the image together.";
    };
  };

  config.netImage = {
    storePaths = [ config.system.build.toplevel ];
    buildPackages = lib.mkDefault (
      if cfg.buildSystem == pkgs.stdenv.buildPlatform.system then
        pkgs.buildPackages
      else
        import pkgs.path { system = cfg.buildSystem; }
    );
  };
}
