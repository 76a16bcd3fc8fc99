# A shutdown as it is in NixOS, which may end by what it takes from under itself: networkd
# runs with the module's networks, and stops; systemd leaves the store mounted; its last
# program runs in memory, and lets go of all that is on NFS.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  unitText = import "${pkgs.path}/nixos/modules/unit-text.nix" {
    inherit lib pkgs;
    relations = { };
    scripts = { };
  };
  systemd = "${pkgs.systemdStage1}/usr/lib";
in
{
  # What NixOS makes of networking.useDHCP.
  systemd.network.networks."99-ethernet" = {
    matchConfig.Type = "ether";
    DHCP = "yes";
  };
  test.etc = lib.mapAttrs' (name: lib.nameValuePair "systemd/network/${name}") (
    unitText.toNetworks config.systemd.network.networks
  );
  test.prepare = lib.mkAfter ''
    mkdir -p multi-user.target.wants nix-store.mount.d
    ln -sfn /usr/lib/systemd/system/systemd-networkd.service multi-user.target.wants/
    # NixOS' systemd is patched to that end.
    printf '[Unit]\nDefaultDependencies=no\n' >nix-store.mount.d/nixos.conf
  '';

  # As generate-shutdown-ramfs.service.
  systemd.services.test-shutdown-ramfs = {
    wantedBy = [ "shutdown.target" ];
    before = [ "shutdown.target" ];
    unitConfig.DefaultDependencies = false;
    serviceConfig.Type = "oneshot";
    script = ''
      mkdir -p /run/initramfs
      mount -t tmpfs -o mode=0700 tmpfs /run/initramfs
      cd /run/initramfs
      mkdir -p etc usr/lib
      cp -rL ${systemd}/aarch64-linux-gnu ${systemd}/ld-linux-aarch64.so.1 usr/lib/
      cp ${systemd}/systemd/systemd-shutdown shutdown
      ln -s usr/lib lib
      cp /etc/os-release etc/initrd-release
    '';
  };
}
