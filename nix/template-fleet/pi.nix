{
  nixpkgs.hostPlatform = "aarch64-linux";
  system.stateVersion = "25.11";

  netImage = {
    # The boards that boot this image.
    boards = [ "rpi4" ];
    # The server, by address. Its store is that of the boards, and what they keep is
    # there, too.
    nfs.server = "192.0.2.1";
    store.shared = true;
  };

  # To get in: write your own key. A board that cannot be entered is not up.
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keys = [
    # "ssh-ed25519 AAAA… you@example"
  ];
}
