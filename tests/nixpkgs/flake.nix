# Stands in for nixpkgs in the tests, without a network: see README.md.
{
  description = "As much of nixpkgs as netimage calls";

  outputs =
    { self }:
    let
      lib = import ./lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      lib = lib.recursiveUpdate lib {
        nixosSystem =
          arguments:
          import ./nixos (
            {
              inherit lib;
              # A flake's configuration names its platform itself.
              system = null;
            }
            // arguments
          );
      };
      legacyPackages = lib.genAttrs systems (system: import ./. { inherit system; });
    };
}
