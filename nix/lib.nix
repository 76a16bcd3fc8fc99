# What a flake with NixOS configurations makes of them.
{ lib, systems }:

let
  # A configuration whose image is put together on a machine of that system.
  on =
    system: configuration:
    (configuration.extendModules {
      modules = [ { netImage.buildSystem = lib.mkForce system; } ];
    }).config;
  onEach =
    make: configurations:
    lib.genAttrs systems (system: lib.mapAttrs (_: make system) configurations);
in
rec {
  # The image of a configuration, put together on a machine of that system
  # whatever the system of the image: imageFor "x86_64-linux" pi.
  imageFor = system: configuration: (on system configuration).system.build.netImage;

  # The same, lean: for a server with Nix, which keeps the closure in its own store.
  leanImageFor = system: configuration: (on system configuration).system.build.netImageLean;

  # The output `packages` of a flake, in which the images of configurations have
  # these names on every machine that can build: images { netImage = pi; }.
  images = onEach imageFor;

  # The same, lean.
  leanImages = onEach leanImageFor;

  # The output `apps` of a flake, which deploy configurations to a depot that is on
  # any server: deployApps { deploy = pi; }, and then
  #
  #   nix run .#deploy -- root@192.0.2.1:/srv/netimage
  #
  # To all machines with a shared store, unless --machine or --tag name some.
  deployApps = onEach (
    system: configuration:
    let
      config = on system configuration;
      pkgs = config.netImage.buildPackages;
      program = pkgs.writeShellScript "netimage-deploy" ''
        IMAGE=${config.system.build.netImageLean}
        PATH=${lib.makeBinPath [ config.netImage.package ]}:$PATH:${
          lib.makeBinPath [
            pkgs.openssh
            pkgs.rsync
          ]
        }
        ${builtins.readFile ./deploy-app.sh}'';
    in
    {
      type = "app";
      program = "${program}";
      meta.description = "Deploys the image to a depot, DEPOT or USER@HOST:DEPOT";
    }
  );

  # An image without NixOS: mkImage pkgs { … }, with the arguments of image.nix.
  # These packages and their builder put it together.
  mkImage =
    pkgs:
    pkgs.buildPackages.callPackage ./image.nix {
      netimage-builder = pkgs.buildPackages.callPackage ./package.nix { };
    };
}
