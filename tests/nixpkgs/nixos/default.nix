# lib.nixosSystem: a configuration of NixOS, as far as modules of ours see it.
{
  lib,
  system,
  modules,
  specialArgs ? { },
  extraModules ? [ ],
  pkgs ? null,
  prefix ? [ ],
}:

let
  evaluated = lib.evalModules {
    inherit prefix;
    class = "nixos";
    specialArgs = {
      modulesPath = toString ./modules;
    }
    // specialArgs;
    modules =
      import ./modules
      ++ [
        {
          _file = "nixosSystem";
          nixpkgs.system = lib.mkIf (system != null) (lib.mkDefault system);
          _module.args.pkgs = lib.mkIf (pkgs != null) (lib.mkForce pkgs);
        }
      ]
      ++ extraModules
      ++ modules;
  };
  complete =
    evaluated:
    evaluated
    // {
      inherit lib extraModules;
      inherit (evaluated._module.args) pkgs;
      extendModules = arguments: complete (evaluated.extendModules arguments);
    };
in
complete evaluated
