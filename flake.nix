{
  description = "Network-boot images of NixOS for the Raspberry Pi";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = import ./nix/systems.nix;
      forAllSystems = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      lib = import ./nix/lib.nix { inherit lib systems; };

      nixosModules = {
        default = self.nixosModules.net-image;
        net-image =
          { config, lib, ... }:
          {
            # Once, by whichever of its names it is imported.
            key = "netimage";
            _file = ./flake.nix;
            imports = [ ./nix/module.nix ];
            netImage.package = lib.mkDefault self.packages.${config.netImage.buildSystem}.netimage-builder;
          };
        server =
          { lib, pkgs, ... }:
          {
            key = "netimage-server";
            _file = ./flake.nix;
            imports = [ ./nix/server.nix ];
            services.netimage.package =
              lib.mkDefault
                self.packages.${pkgs.stdenv.hostPlatform.system}.netimage-builder;
          };
      };

      overlays.default = import ./nix/overlay.nix;

      packages = forAllSystems (pkgs: {
        default = self.packages.${pkgs.stdenv.hostPlatform.system}.netimage-builder;
        netimage-builder = pkgs.callPackage ./nix/package.nix { };
        netImage =
          self.lib.imageFor pkgs.stdenv.hostPlatform.system
            self.nixosConfigurations.example;
      });

      nixosConfigurations.example = lib.nixosSystem {
        modules = [
          self.nixosModules.default
          ./nix/example.nix
        ];
      };

      templates = {
        default = {
          path = ./nix/template;
          description = "A Raspberry Pi that boots over the network";
        };
        fleet = {
          path = ./nix/template-fleet;
          description = "A server and two Raspberry Pis that boot from it";
        };
      };

      checks = forAllSystems (
        pkgs:
        let
          inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) netimage-builder;
        in
        { inherit netimage-builder; } // netimage-builder.tests
      );

      devShells = forAllSystems (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.netimage-builder ];
          packages = [
            pkgs.clippy
            pkgs.rustfmt
            pkgs.sqlite
          ];
        };
      });

      # nixpkgs has nixfmt-tree since NixOS 25.05.
      formatter = forAllSystems (pkgs: pkgs.nixfmt-tree or pkgs.nixfmt-rfc-style);
    };
}
