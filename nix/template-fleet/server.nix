# Goes into the configuration of the server that you have.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.11";
  networking.hostName = "server";

  # Yours.
  boot.loader.grub.device = "nodev";
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  networking.interfaces.eth0.ipv4.addresses = [
    {
      address = "192.0.2.1";
      prefixLength = 24;
    }
  ];

  services.netimage = {
    enable = true;
    interface = "eth0";
    machines = {
      kitchen = {
        serial = "100000001234abcd";
        macAddress = "dc:a6:32:01:36:c2";
        address = "192.0.2.21";
        # The network's DHCP server always gives it that address.
        addressIsReserved = true;
      };
      garden = {
        serial = "100000005678ef01";
        macAddress = "dc:a6:32:01:36:c3";
        address = "192.0.2.22";
        addressIsReserved = true;
      };
    };
  };
}
