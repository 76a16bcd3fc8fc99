# What every configuration has.
{ lib, ... }:
{
  nixpkgs.hostPlatform = "aarch64-linux";
  system.stateVersion = "24.05";
  networking.hostName = "pi";
  boot.initrd.systemd.enable = lib.mkDefault true;
}
