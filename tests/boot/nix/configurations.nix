# The systems by name. Each has one thing that the plain one has not.
{ lib }:

let
  plain = modules: {
    imports = [
      ./state.nix
      ./nfs-client.nix
    ]
    ++ modules;
  };
  # A root of its own beside the other's.
  second = {
    netImage.nfs.path = lib.mkForce "/srv/nfs/second";
  };
  generation = number: {
    imports = [ ./loader.nix ];
    test.generation = number;
  };
  systemd = {
    boot.initrd.systemd.enable = true;
  };
  fleet = modules: {
    imports = [
      ./nfs-client.nix
      ./shared-store.nix
      ./fleet.nix
    ]
    ++ modules;
  };
  up = kernelParams: {
    imports = [
      systemd
      ./shared-store.nix
      ./stage-2-systemd.nix
      ./shutdown.nix
      ./up.nix
    ];
    netImage = { inherit kernelParams; };
  };
  init = name: {
    netImage.kernelParams = [ "init=/nix/store/00000000000000000000000000000000-${name}/init" ];
    netImage.allow = [ "command-line-init-missing" ];
  };
in
{
  nfs4 = plain [ ];
  nfs4-second = plain [ second ];
  nfs3 = plain [ { netImage.nfs.version = "3"; } ];
  busy = plain [ ./busy.nix ];

  nix = plain [ ./nix.nix ];
  nix-later = plain [
    ./nix.nix
    ./register.nix
  ];

  # Generations of one board.
  own-root-loader = plain [ (generation 1) ];
  own-root-loader-2 = plain [ (generation 2) ];
  own-root-loader-3 = plain [ (generation 3) ];

  systemd = plain [
    systemd
    ./network.nix
  ];
  systemd-second = plain [
    systemd
    ./network.nix
    second
  ];
  shared-store = plain [
    systemd
    ./network.nix
    ./nix.nix
    ./shared-store.nix
  ];
  shared-store-up = up [ ];
  # The same machine, whose root is kept.
  shared-store-root = {
    imports = [ (up [ ]) ];
    netImage.store.root = "nfs";
  };
  shared-store-crash = up [ "test.crash" ];
  shared-store-fail = up [ "test.fail" ];
  shared-store-hang = up [ "test.hang" ];
  # Generations of a machine. What is wrong with the last ones no board gets over.
  fleet = fleet [ ];
  fleet-update = fleet [
    { test.services."05-program" = "echo 'the new program'"; }
  ];
  fleet-panic = fleet [ { netImage.kernelParams = [ "test.panic" ]; } ];
  fleet-no-init = fleet [ (init "elsewhere") ];
  fleet-no-driver = fleet [
    { boot.initrd.availableKernelModules.virtio_net = lib.mkForce false; }
  ];

  # These differ in the kind of root alone, or in the version.
  nfs-cost-own = {
    imports = [
      systemd
      ./nfs-cost.nix
    ];
  };
  nfs-cost-own-3 = {
    imports = [
      systemd
      ./nfs-cost.nix
      { netImage.nfs.version = "3"; }
    ];
  };
  nfs-cost-shared = {
    imports = [
      systemd
      ./shared-store.nix
      ./nfs-cost.nix
    ];
  };
  systemd-nfs3 = plain [
    systemd
    ./network.nix
    { netImage.nfs.version = "3"; }
  ];

  # What cannot boot, and is not built without these.
  no-module = plain [
    {
      boot.initrd.availableKernelModules.nfsv4 = lib.mkForce false;
      netImage.allow = [ "initrd-no-nfs-version" ];
    }
  ];
  wrong-path = plain [
    {
      fileSystems."/".device = lib.mkForce "192.0.2.1:/srv/nfs/elsewhere";
      netImage.allow = [ "initrd-other-root" ];
    }
  ];
  foreign-init = plain [ (init "elsewhere") ];
}
