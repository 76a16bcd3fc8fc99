# The systems that tests/boot/run boots. All inputs are given on its command line.
{
  description = "Systems that boot in QEMU";

  inputs.netimage.inputs.nixpkgs.follows = "nixpkgs";
  # What tests/boot/setup took from Debian.
  inputs.debian.flake = false;

  outputs =
    {
      self,
      nixpkgs,
      netimage,
      debian,
    }:
    let
      inherit (nixpkgs) lib;
      make =
        module:
        lib.nixosSystem {
          modules = [
            netimage.nixosModules.default
            { nixpkgs.overlays = [ (import ./packages.nix debian) ]; }
            ./system.nix
            ./stage-1.nix
            ./stage-1-systemd.nix
            module
          ];
        };
    in
    {
      nixosConfigurations = lib.mapAttrs (_: make) (import ./configurations.nix { inherit lib; });

      packages = netimage.lib.images self.nixosConfigurations;
    };
}
