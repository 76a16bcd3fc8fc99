# What the servers have in common.
{ boards }:

{
  server = {
    nixpkgs.hostPlatform = "x86_64-linux";
    system.stateVersion = "24.05";
    networking.hostName = "server";
    networking.interfaces.eth0.ipv4.addresses = [
      {
        address = "192.0.2.1";
        prefixLength = 24;
      }
    ];
    boot.loader.grub.device = "nodev";
    fileSystems."/" = {
      device = "/dev/disk/by-label/nixos";
      fsType = "ext4";
    };
    services.netimage = {
      enable = true;
      interface = "eth0";
    };
  };

  machines = {
    kitchen = {
      configuration = boards.shared-store;
      serial = "100000001234ABCD";
      macAddress = "dc:a6:32:01:36:c2";
      address = "192.0.2.21";
    };
    garden = {
      configuration = boards.shared-store;
      serial = "5678ef01";
      macAddress = "dc:a6:32:01:36:c3";
      address = "192.0.2.22";
    };
  };
}
