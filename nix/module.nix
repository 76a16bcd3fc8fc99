# NixOS on a root over NFS, booted over TFTP. Each part has one topic.
{
  imports = [
    ./module/options.nix
    ./module/nfs.nix
    ./module/nfs-checks.nix
    ./module/nfs-client.nix
    ./module/compat.nix
    ./module/stage-1.nix
    ./module/network.nix
    ./module/network-checks.nix
    ./module/config-txt.nix
    ./module/firmware.nix
    ./module/registration.nix
    ./module/shared-store.nix
    ./module/persist.nix
    ./module/database.nix
    ./module/confirm.nix
    ./module/recovery.nix
    ./module/others.nix
    ./module/loader.nix
    ./module/secrets.nix
    ./module/root-checks.nix
    ./module/checks.nix
    ./module/image.nix
  ];
}
