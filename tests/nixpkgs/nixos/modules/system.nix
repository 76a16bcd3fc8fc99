# What describes the system as a whole.
{ config, lib, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  string =
    default: description:
    mkOption {
      type = types.str;
      inherit default description;
    };
  text =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
in
{
  options.system = {
    build = mkOption {
      type = types.submoduleWith {
        modules = [
          {
            freeformType = types.lazyAttrsOf (types.uniq types.unspecified);
            options.installBootLoader = mkOption {
              type = types.either types.str types.package;
              default = "echo 'no boot loader is on' >&2; true";
              description = "What is run with the toplevel, before it is switched to.";
            };
          }
        ];
      };
      default = { };
      description = "Derivations that come of the configuration.";
    };
    nixos = {
      label = mkOption {
        type = types.strMatching "[a-zA-Z0-9:_\\.-]*";
        default = lib.concatStringsSep "-" (
          lib.sort (a: b: a < b) config.system.nixos.tags ++ [ config.system.nixos.version ]
        );
        description = "The name of this generation.";
      };
      tags = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Parts of the label.";
      };
      version = string "${lib.trivial.release}.stand-in" "The version of NixOS.";
      release = mkOption {
        type = types.str;
        readOnly = true;
        default = lib.trivial.release;
        description = "The release of NixOS.";
      };
      codeName = string lib.trivial.codeName "The release's name.";
      distroName = string "NixOS" "The distribution's name.";
      distroId = string "nixos" "The distribution's name.";
      variant_id = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "The variant's name.";
      };
    };
    stateVersion = string lib.trivial.release "The release that the machine's state is of.";
    name = string (
      if config.networking.hostName == "" then "unnamed" else config.networking.hostName
    ) "The name in the toplevel's.";
    boot.loader = {
      id = string "" "The boot loader.";
      kernelFile = string config.boot.kernelPackages.kernel.target "The kernel's file.";
      initrdFile = string "initrd" "The initrd's file.";
    };
    activationScripts = mkOption {
      type = types.attrsOf (
        types.coercedTo types.str (text: { inherit text; }) (
          types.submodule {
            options = {
              text = text "Shell commands.";
              deps = mkOption {
                type = types.listOf types.str;
                default = [ ];
                description = "What runs before.";
              };
              supportsDryActivation = mkEnableOption "a dry run";
            };
          }
        )
      );
      default = { };
      description = "What runs when the system is switched to.";
    };
    systemBuilderCommands = text "Shell commands at the end of the toplevel's build.";
    extraSystemBuilderCmds = text "Shell commands at the end of the toplevel's build.";
    extraDependencies = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = "Packages in the closure.";
    };
    modulesTree = mkOption {
      type = types.package;
      internal = true;
      default = config.boot.kernelPackages.kernel;
      description = "All modules of the kernel.";
    };
    switch.enable = mkEnableOption "switching to another generation" // {
      default = true;
    };
    etc.overlay.enable = mkEnableOption "/etc as an overlay";
    disableInstallerTools = mkEnableOption "a system without nixos-rebuild";
    autoUpgrade.enable = mkEnableOption "upgrades";
  };
}
