# The kernel, its command line, and boot loaders.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkEnableOption mkOption types;
  names = import ./names.nix { inherit lib; };
  lines =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
in
{
  options.boot = {
    kernelPackages = mkOption {
      type = types.raw;
      default = pkgs.linuxPackages;
      defaultText = lib.literalExpression "pkgs.linuxPackages";
      description = "The kernel and what is built with it.";
    };
    kernelPatches = mkOption {
      type = types.listOf types.attrs;
      default = [ ];
      description = "Patches of the kernel.";
    };
    kernelParams = mkOption {
      type = types.listOf (types.strMatching ''([^"[:space:]]|"[^"]*")+'');
      default = [ ];
      description = "The kernel's command line.";
    };
    consoleLogLevel = mkOption {
      type = types.int;
      default = 4;
      description = "The kernel's log level.";
    };
    kernelModules = names.list "Modules that stage 2 loads.";
    blacklistedKernelModules = names.list "Modules that are not loaded on their own.";
    extraModulePackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages of modules.";
    };
    extraModprobeConfig = lines "Lines of modprobe's configuration.";
    kernel.enable = mkEnableOption "the kernel" // {
      default = true;
    };
    kernel.sysctl = mkOption {
      type = types.lazyAttrsOf types.anything;
      default = { };
      description = "Settings of the running kernel.";
    };
    supportedFilesystems = names.set "File systems that can be mounted.";
    hardwareScan = mkEnableOption "finding hardware by udev" // {
      default = true;
    };
    isContainer = mkEnableOption "being a container";
    isNspawnContainer = mkEnableOption "being a container";
    growPartition = mkEnableOption "growing the root partition";
    postBootCommands = lines "Shell commands just before systemd starts.";
    tmp = {
      useTmpfs = mkEnableOption "a tmpfs on /tmp";
      cleanOnBoot = mkEnableOption "deleting all of /tmp at boot";
    };
    runSize = mkOption {
      type = types.str;
      default = "25%";
      description = "How large /run may become.";
    };
    nixStoreMountOpts = mkOption {
      type = types.listOf types.nonEmptyStr;
      default = [
        "ro"
        "nodev"
        "nosuid"
      ];
      description = "How the store is mounted over itself.";
    };
    readOnlyNixStore = mkEnableOption "a read-only store" // {
      default = true;
    };
    swraid.enable = mkEnableOption "software RAID";
    bootspec = {
      enable = mkEnableOption "boot.json in the toplevel" // {
        default = true;
      };
      extensions = mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "Further parts of boot.json.";
      };
    };
    loader = {
      grub = {
        enable = mkOption {
          type = types.bool;
          default = !config.boot.isContainer;
          defaultText = lib.literalExpression "!config.boot.isContainer";
          description = "Whether to enable GRUB.";
        };
        device = mkOption {
          type = types.str;
          default = "";
          description = "Where GRUB is installed.";
        };
        devices = mkOption {
          type = types.listOf types.str;
          default = [ ];
          description = "Where GRUB is installed.";
        };
      };
      systemd-boot.enable = mkEnableOption "systemd-boot";
      external = {
        enable = mkEnableOption "a boot loader of the user's own";
        installHook = mkOption {
          type = types.path;
          description = "What installs it.";
        };
      };
      initScript.enable = mkEnableOption "an init script";
      generic-extlinux-compatible = {
        enable = mkEnableOption "extlinux.conf";
        useGenerationDeviceTree = mkEnableOption "a device tree of each generation" // {
          default = true;
        };
        configurationLimit = mkOption {
          type = types.int;
          default = 20;
          description = "How many generations are listed.";
        };
        populateCmd = mkOption {
          type = types.str;
          readOnly = true;
          description = "What writes extlinux.conf into a directory.";
        };
      };
      efi.canTouchEfiVariables = mkEnableOption "setting EFI variables";
      timeout = mkOption {
        type = types.nullOr types.int;
        default = 5;
        description = "How long a menu waits, in seconds.";
      };
      supportsInitrdSecrets = mkOption {
        type = types.bool;
        internal = true;
        default = false;
        description = "Whether the loader adds secrets to the initrd.";
      };
    };
  };

  config = lib.mkMerge [
    {
      boot.kernelParams = [ "loglevel=${toString config.boot.consoleLogLevel}" ];
      boot.kernelModules = [ "loop" ];
      assertions = [
        {
          assertion =
            config.boot.loader.grub.enable
            -> config.boot.loader.grub.device != "" || config.boot.loader.grub.devices != [ ];
          message = "GRUB is enabled, and boot.loader.grub.devices does not say where to install it.";
        }
      ];
    }
    # All that it defines is below the one condition, as in NixOS: whoever asks for
    # anything of system.build asks whether it is on.
    (lib.mkIf config.boot.loader.generic-extlinux-compatible.enable {
      system.boot.loader.id = "generic-extlinux-compatible";
      system.build.installBootLoader = config.boot.loader.generic-extlinux-compatible.populateCmd;
      boot.loader.generic-extlinux-compatible.populateCmd = "${
        pkgs.buildPackages.writeShellScript "extlinux-conf-builder.sh" ''
          while getopts c:d: option; do
            case $option in
              c) default=$OPTARG ;;
              d) target=$OPTARG ;;
            esac
          done
          mkdir -p $target/extlinux
          echo "APPEND init=$default/init $(cat $default/kernel-params)" >$target/extlinux/extlinux.conf
        ''
      }";
    })
  ];
}
