# The package set, with overlays.
{
  lib,
  buildPlatform,
  hostPlatform,
  overlays,
  config,
}@arguments:

let
  packages =
    pkgs:
    let
      set = pkgs // {
        inherit lib;
      };
      part = file: import file { inherit lib pkgs; };
      tools = import ./tools.nix { inherit lib; };
      makeStdenv = import ./stdenv.nix {
        inherit
          lib
          tools
          buildPlatform
          hostPlatform
          ;
      };
      cross = buildPlatform.system != hostPlatform.system;
    in
    {
      inherit
        lib
        config
        overlays
        pkgs
        ;
      inherit (hostPlatform) system;
      # For `import pkgs.path { }`.
      path = ../.;
      callPackage = lib.callPackageWith set;
      callPackages = lib.callPackagesWith set;
      newScope = extra: lib.callPackageWith (set // extra);

      stdenv = makeStdenv { hasCC = true; };
      stdenvNoCC = makeStdenv { hasCC = false; };

      buildPackages =
        if cross then import ./. (arguments // { hostPlatform = buildPlatform; }) else pkgs;
      pkgsBuildBuild = pkgs.buildPackages;
      pkgsBuildHost = pkgs.buildPackages;
      targetPackages = pkgs;
      appendOverlays = more: import ./. (arguments // { overlays = overlays ++ more; });
      extend = overlay: pkgs.appendOverlays [ overlay ];

      pkgsCross.aarch64-multiplatform = import ./. (
        arguments // { hostPlatform = lib.systems.elaborate "aarch64-linux"; }
      );
      pkgsCross.gnu64 = import ./. (
        arguments // { hostPlatform = lib.systems.elaborate "x86_64-linux"; }
      );
    }
    // import ./programs.nix { inherit lib pkgs tools; }
    // part ./trivial-builders.nix
    // part ./joins.nix
    // part ./rust.nix
    // part ./raspberrypifw.nix
    // part ./kernel.nix;
in
lib.fix (lib.foldl' (f: overlay: lib.extends overlay f) packages overlays)
