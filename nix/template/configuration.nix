{
  nixpkgs.hostPlatform = "aarch64-linux";
  system.stateVersion = "25.11";
  networking.hostName = "pi";

  netImage = {
    # The boards that boot this image.
    boards = [ "rpi4" ];
    # The server, by address, and the root as it exports it. The image is copied
    # to /srv/netimage/pi there, and the root is os/pi in it.
    rootDirectoryName = "pi";
    nfs.server = "192.0.2.1";
    nfs.path = "/srv/netimage/pi/os/pi";
  };

  # To get in.
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keys = [
    # "ssh-ed25519 AAAA… you@example"
  ];
}
