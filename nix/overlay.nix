# The builder as pkgs.netimage-builder.
final: _: {
  netimage-builder = final.callPackage ./package.nix { };
}
