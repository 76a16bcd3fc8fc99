# The configurations that tests/flake/run builds and evaluates. Both inputs are
# given on its command line.
{
  description = "Configurations that netimage is tested with";

  inputs.netimage.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    {
      self,
      nixpkgs,
      netimage,
    }:
    let
      inherit (nixpkgs) lib;
      make =
        module:
        lib.nixosSystem {
          modules = [
            netimage.nixosModules.default
            ./base.nix
            module
          ]
          # For a nixpkgs of which not all can be evaluated.
          ++ lib.optional (builtins.pathExists ./overlay.nix) ./overlay.nix;
        };
      imageOn = netimage.lib.imageFor;

      # Machines that serve others.
      makeServer =
        module:
        lib.nixosSystem {
          modules = [
            netimage.nixosModules.server
            module
          ]
          ++ lib.optional (builtins.pathExists ./overlay.nix) ./overlay.nix;
        };
      serverParts = {
        inherit lib netimage;
        boards = self.nixosConfigurations;
      };

      refused = import ./refused;
      failing = import ./failing.nix;
      modules =
        import ./configurations { inherit lib netimage; }
        // lib.mapAttrs' (name: one: lib.nameValuePair "refused-${name}" one.module) refused
        // lib.mapAttrs' (name: one: lib.nameValuePair "failing-${name}" one.module) failing;
      sound = lib.filterAttrs (
        name: _: !lib.hasPrefix "refused-" name && !lib.hasPrefix "failing-" name
      ) self.nixosConfigurations;
    in
    {
      nixosConfigurations = lib.mapAttrs (_: make) modules;

      packages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: lib.mapAttrs (_: imageOn system) self.nixosConfigurations
      );

      # For a machine of a depot.
      leanImages = netimage.lib.leanImages {
        pi = self.nixosConfigurations.systemd.extendModules {
          modules = [ { netImage.nfs.path = lib.mkForce "/depot/own-roots/pi"; } ];
        };
        inherit (self.nixosConfigurations) shared-store;
      };

      outPaths = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: lib.mapAttrs (_: configuration: (imageOn system configuration).outPath) sound
      );

      # What the module makes of servers and mount options, where that is wrong.
      texts = import ./texts.nix {
        inherit lib;
        text = import "${netimage}/nix/module/nfs-text.nix" { inherit lib; };
      };

      # The same image by the function that needs no NixOS.
      plain = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system:
        let
          inherit (self.nixosConfigurations.systemd) config;
          inherit (imageOn system self.nixosConfigurations.systemd) spec;
        in
        (netimage.lib.mkImage nixpkgs.legacyPackages.${system} {
          inherit (spec)
            rootDirectoryName
            nfs
            commandLine
            boards
            ;
          inherit (config.netImage) storePaths;
          inherit (config.system.build) toplevel;
          imageName = spec.name;
          bootFiles = spec.boot.files;
          firmwareCommands = config.netImage.firmware.commands;
        }).outPath
      );

      servers = lib.mapAttrs (_: makeServer) (import ./servers serverParts);
      goldenServers = lib.mapAttrs (
        _: configuration: import ./servers/golden.nix { inherit lib configuration; }
      ) self.servers;
      # Of each that cannot be, what its assertions have to say and do say.
      refusedServers = lib.mapAttrs (_: one: {
        inherit (one) says;
        said = lib.concatMap (one: lib.optional (!one.assertion) one.message) (
          (makeServer one.module).config.assertions
        );
      }) (import ./servers/refused.nix serverParts);

      # What nix has to say about those that cannot be.
      messages =
        lib.mapAttrs' (name: one: lib.nameValuePair "refused-${name}" one.says) refused
        // lib.mapAttrs' (name: one: lib.nameValuePair "failing-${name}" one.says) failing;

      golden = lib.mapAttrs (
        name: configuration: import ./golden.nix { inherit lib name configuration; }
      ) sound;

      # Of each configuration what does not hold, and what it would build. With
      # the real nixpkgs, too.
      broken = lib.mapAttrs (
        _: configuration:
        import ./claims.nix { inherit lib; } configuration
        # An update sends the one, and boots the other.
        ++ lib.optional (
          (imageOn "x86_64-linux" configuration).toplevel.drvPath
          != configuration.config.system.build.toplevel.drvPath
        ) "the image has the configuration's own system"
      ) sound;
      whole = lib.mapAttrs (name: configuration: {
        broken = self.broken.${name};
        toplevel = configuration.config.system.build.toplevel.drvPath;
        netImage = (imageOn "x86_64-linux" configuration).drvPath;
      }) sound;
    };
}
