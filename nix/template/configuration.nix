{
  nixpkgs.hostPlatform = "aarch64-linux";
  system.stateVersion = "25.11";
  networking.hostName = "pi";

  netImage = {
    # The boards that boot this image.
    boards = [ "rpi4" ];
    # The server, by address, and the directory that it exports.
    nfs.server = "192.0.2.1";
    nfs.path = "/srv/nfs/pi";
  };

  # To get in.
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keys = [
    # "ssh-ed25519 AAAA… you@example"
  ];
}
