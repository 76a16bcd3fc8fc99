# Nix on the machine.
{ lib, pkgs, ... }:

let
  inherit (lib) mkEnableOption mkOption types;
  # What a line of nix.conf may hold.
  atom = types.nullOr (
    types.oneOf [
      types.bool
      types.int
      types.float
      types.str
      types.path
      types.package
    ]
  );
in
{
  options.nix = {
    enable = mkEnableOption "Nix" // {
      default = true;
    };
    package = mkOption {
      type = types.package;
      default = pkgs.nix;
      defaultText = lib.literalExpression "pkgs.nix";
      description = "The Nix to use.";
    };
    settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.either atom (types.listOf atom));
        options = {
          trusted-users = mkOption {
            type = types.listOf types.str;
            default = [ "root" ];
            description = "Users with all rights.";
          };
          sandbox = mkOption {
            type = types.either types.bool (types.enum [ "relaxed" ]);
            default = true;
            description = "Whether builds are isolated.";
          };
          auto-optimise-store = mkEnableOption "sharing equal files";
        };
      };
      default = { };
      description = "nix.conf.";
    };
    extraOptions = mkOption {
      type = types.lines;
      default = "";
      description = "Lines of nix.conf.";
    };
    gc = {
      automatic = mkEnableOption "collecting garbage now and then";
      dates = mkOption {
        type = types.str;
        default = "03:15";
        description = "When.";
      };
      options = mkOption {
        type = types.singleLineStr;
        default = "";
        description = "How.";
      };
    };
    optimise.automatic = mkEnableOption "sharing equal files now and then";
    channel.enable = mkEnableOption "channels" // {
      default = true;
    };
    registry = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Names of flakes.";
    };
    nixPath = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Where <names> are looked for.";
    };
  };
}
