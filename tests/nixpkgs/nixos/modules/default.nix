# The options that our module sets or reads, typed as in NixOS, and what comes
# of them. Anything else is an undeclared option: add it here when it is needed.
[
  ./assertions.nix
  ./nixpkgs.nix
  ./boot.nix
  ./initrd.nix
  ./initrd-systemd.nix
  ./ramdisk.nix
  ./file-systems.nix
  ./networking.nix
  ./dhcpcd.nix
  ./systemd.nix
  ./units.nix
  ./nix.nix
  ./hardware.nix
  ./environment.nix
  ./web.nix
  ./system.nix
  ./toplevel.nix
]
