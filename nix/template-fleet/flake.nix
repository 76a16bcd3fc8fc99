{
  description = "A server and two Raspberry Pis that boot from it";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    netimage.url = "github:netimage/netimage";
    netimage.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      self,
      nixpkgs,
      netimage,
      ...
    }:
    {
      nixosConfigurations = {
        # What both boards boot. Each gets its name from the server.
        pi = nixpkgs.lib.nixosSystem {
          modules = [
            netimage.nixosModules.default
            ./pi.nix
          ];
        };

        server = nixpkgs.lib.nixosSystem {
          modules = [
            netimage.nixosModules.server
            ./server.nix
            {
              services.netimage.machines = {
                kitchen.configuration = self.nixosConfigurations.pi;
                garden.configuration = self.nixosConfigurations.pi;
              };
            }
          ];
        };
      };

      # For a server that is not NixOS:
      #   nix run .#deploy -- root@192.0.2.1:/srv/netimage
      apps = netimage.lib.deployApps { deploy = self.nixosConfigurations.pi; };
    };
}
