# A Raspberry Pi 4 that boots over the network, as small as it gets.
{
  nixpkgs.hostPlatform = "aarch64-linux";
  system.stateVersion = "25.11";
  networking.hostName = "pi";

  netImage = {
    boards = [ "rpi4" ];
    nfs.server = "192.0.2.1";
    nfs.path = "/srv/nfs/pi";
  };
}
