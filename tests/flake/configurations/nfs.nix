# Servers, versions, mount options, and where the store is.
{
  lib,
  with',
  scripted,
  ...
}:

let
  version = version: { netImage.nfs.version = version; };
in
{
  systemd = with' [ ];
  scripted = with' [ scripted ];
  systemd-v3 = with' [ (version "3") ];
  scripted-v3 = with' [
    scripted
    (version "3")
  ];
  server-by-name = with' [ { netImage.nfs.server = lib.mkForce "nas.example.org"; } ];
  server-ipv6 = with' [ { netImage.nfs.server = lib.mkForce "[2001:db8::1]"; } ];
  # The brackets are only needed before a path.
  server-ipv6-bare = with' [ { netImage.nfs.server = lib.mkForce "2001:db8::1"; } ];
  server-ipv6-scripted = with' [
    scripted
    { netImage.nfs.server = lib.mkForce "[2001:db8::1]"; }
  ];
  options-added = with' [ { netImage.nfs.options = lib.mkAfter [ "nconnect=4" ]; } ];
  options-against = with' [
    {
      netImage.nfs.options = [
        "ro"
        "softerr"
        "atime"
      ];
    }
  ];
  options-alone = with' [ { netImage.nfs.options = lib.mkForce [ "hard" ]; } ];
  # The root in memory, and the store where it was, with its database.
  root-in-memory = with' [
    (
      { config, ... }:
      {
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      }
    )
  ];
  # With a warning, as Nix's database is left behind.
  store-alone = with' [
    (
      { config, ... }:
      {
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix/store" = {
          device = "${config.netImage.nfsRoot}/nix/store";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      }
    )
  ];
  no-database = with' [ { netImage.nixDatabase = false; } ];
}
