# The package set of a configuration, from the platforms that it names.
{
  config,
  lib,
  options,
  ...
}:

let
  cfg = config.nixpkgs;
  inherit (lib) mkOption types;
  platform = types.coercedTo types.str (system: { inherit system; }) types.attrs;
in
{
  options.nixpkgs = {
    hostPlatform = mkOption {
      type = types.either types.str types.attrs;
      apply = lib.systems.elaborate;
      description = "Where the system runs.";
    };
    buildPlatform = mkOption {
      type = types.either types.str types.attrs;
      default = cfg.hostPlatform;
      defaultText = lib.literalExpression "config.nixpkgs.hostPlatform";
      apply = lib.systems.elaborate;
      description = "Where the system is built.";
    };
    system = mkOption {
      type = types.str;
      description = "The older name of both platforms.";
    };
    localSystem = mkOption {
      type = platform;
      default = { inherit (cfg) system; };
      description = "Older form of buildPlatform.";
    };
    crossSystem = mkOption {
      type = types.nullOr types.attrs;
      default = null;
      description = "Older form of hostPlatform.";
    };
    overlays = mkOption {
      type = types.listOf (
        lib.mkOptionType {
          name = "nixpkgs-overlay";
          description = "nixpkgs overlay";
          check = lib.isFunction;
          merge = lib.mergeOneOption;
        }
      );
      default = [ ];
      description = "Overlays over the package set.";
    };
    config = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "The package set's settings.";
    };
    pkgs = mkOption {
      type = types.raw;
      description = "A whole package set, in place of all others here.";
    };
  };

  config._module.args.pkgs = lib.mkOverride 1400 (
    let
      new = options.nixpkgs.hostPlatform.isDefined;
      old = lib.systems.elaborate cfg.localSystem;
    in
    if options.nixpkgs.pkgs.isDefined then
      lib.foldl' (pkgs: pkgs.extend) cfg.pkgs cfg.overlays
    else
      import ../../pkgs {
        inherit lib;
        inherit (cfg) overlays config;
        buildPlatform = if new then cfg.buildPlatform else old;
        hostPlatform =
          if new then
            cfg.hostPlatform
          else if cfg.crossSystem != null then
            lib.systems.elaborate cfg.crossSystem
          else
            old;
      }
  );
}
