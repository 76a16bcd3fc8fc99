# The package set, called as nixpkgs is: import nixpkgs { system = "…"; }.
{
  system ? builtins.currentSystem,
  localSystem ? system,
  crossSystem ? null,
  overlays ? [ ],
  config ? { },
  ...
}:

let
  lib = import ./lib;
  buildPlatform = lib.systems.elaborate localSystem;
  hostPlatform =
    if crossSystem == null then buildPlatform else lib.systems.elaborate crossSystem;
in
import ./pkgs {
  inherit
    lib
    buildPlatform
    hostPlatform
    overlays
    config
    ;
}
