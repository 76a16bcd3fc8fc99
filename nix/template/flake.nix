{
  description = "A Raspberry Pi that boots NixOS over the network";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    netimage.url = "github:netimage/netimage";
    netimage.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    { nixpkgs, netimage, ... }:
    let
      pi = nixpkgs.lib.nixosSystem {
        modules = [
          netimage.nixosModules.default
          ./configuration.nix
        ];
      };
    in
    {
      nixosConfigurations.pi = pi;

      # nix build .#netImage, on x86-64 as on aarch64: the image is put together
      # on the machine that builds it.
      packages = netimage.lib.images {
        default = pi;
        netImage = pi;
      };
    };
}
