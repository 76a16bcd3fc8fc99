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
      # The image is put together on the machine that builds it, whichever it is.
      imageFor =
        system:
        (pi.extendModules {
          modules = [ { netImage.buildSystem = system; } ];
        }).config.system.build.netImage;
    in
    {
      nixosConfigurations.pi = pi;

      # nix build .#netImage
      packages = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: {
        default = imageFor system;
        netImage = imageFor system;
      });
    };
}
