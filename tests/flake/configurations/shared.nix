# Machines that share the store of a depot.
{ lib, ... }:

let
  shared = modules: {
    imports = [
      {
        networking.hostName = lib.mkForce "";
        netImage.store.shared = true;
        netImage.nfs.server = "192.0.2.1";
      }
    ]
    ++ modules;
  };
in
{
  shared-store = shared [ { services.openssh.enable = true; } ];
  shared-store-elsewhere = shared [ { netImage.store.depot = "/volume1/netimage"; } ];
  # With what the options are for, and on another server.
  shared-store-otherwise = shared [
    {
      netImage = {
        nfs.server = lib.mkForce "2001:db8::1";
        nfs.version = "4.2";
        nfs.options = [ "acregmax=60" ];
        store.depot = "/volume1/netimage";
        store.rootOptions = [ "size=256M" ];
        persist.directories = [ "/var/lib/tailscale" ];
        confirm.units = [ "hello.service" ];
        confirm.timeLimit = null;
        recovery.panic = null;
        recovery.watchdog = null;
      };
    }
  ];
  # With a root that is kept.
  shared-store-root = shared [ { netImage.store.root = "nfs"; } ];
  # As impermanence has it, beside ours: another file system's directory, and one of
  # those that are kept anyway.
  shared-store-impermanence = shared [
    {
      fileSystems."/var/lib/other" = {
        device = "/persist/var/lib/other";
        fsType = "none";
        options = [ "bind" ];
        depends = [ "/persist" ];
      };
      fileSystems."/var/log" = {
        device = "/persist/var/log";
        fsType = "none";
        options = [ "bind" ];
        depends = [ "/persist" ];
      };
    }
  ];
  shared-store-v3 = shared [ { netImage.nfs.version = "3"; } ];
}
