# Servers that have to work, by name.
{
  lib,
  boards,
  netimage,
  ...
}:

let
  parts = import ./parts.nix { inherit boards; };
  inherit (parts) server machines;
in
{
  # What has to be said, and nothing more.
  least = {
    imports = [ server ];
    networking.defaultGateway = {
      address = "192.0.2.254";
      interface = "eth0";
    };
    services.netimage.machines = machines;
  };

  # Thereafter: another image, which one of the two cannot boot. That one is a package of
  # which nothing is known here.
  half =
    let
      configuration = boards.shared-store.extendModules {
        modules = [ { netImage.nfs.version = "4.2"; } ];
      };
      image = netimage.lib.leanImageFor "x86_64-linux" configuration;
    in
    {
      imports = [ server ];
      services.netimage.machines = {
        kitchen = machines.kitchen // {
          inherit configuration;
        };
        garden = removeAttrs machines.garden [ "configuration" ] // {
          board = "rpi3";
          image = removeAttrs image [ "spec" ];
        };
      };
    };

  # And then one that is tried first, and the other machine is gone.
  later = {
    imports = [ server ];
    services.netimage.machines.kitchen = machines.kitchen // {
      addressIsReserved = true;
    };
  };

  # With what the options are for.
  most = {
    imports = [ server ];
    networking.interfaces.eth0.ipv4.addresses = lib.mkForce [ ];
    services.netimage = {
      dataDir = "/volume1/netimage";
      persistFileSystem = {
        device = "/dev/disk/by-label/persist";
        fsType = "ext4";
      };
      address = "192.0.2.1";
      prefixLength = 25;
      gateway = "192.0.2.126";
      dhcp.mode = "server";
      dhcp.range = "192.0.2.0,255.255.255.128";
      keepGenerations = 5;
      statusPage.virtualHost = "netimage.example.org";
      metrics.enable = true;
      gc.dates = "03:15";
      gc.olderThan = "30d";
      machines = {
        kitchen = machines.kitchen // {
          configuration = boards.shared-store-elsewhere;
          board = "rpi4";
          tags = [ "lab" ];
        };
        garden = machines.garden // {
          configuration = boards.shared-store-elsewhere;
          tftpPrefix = "garden";
          trial = false;
        };
        # Known, so that secrets can be encrypted for it, and nothing more.
        cellar = {
          serial = "100000000badcafe";
          macAddress = "DC-A6-32-01-36-C4";
          address = "192.0.2.23";
          tftpPrefix = "mac";
        };
      };
    };
  };

  # Boards whose EEPROM has all addresses, behind a firewall of somebody else's.
  without-dhcp = {
    imports = [ server ];
    services.netimage = {
      dhcp.mode = "none";
      openFirewall = false;
      gc.enable = false;
      trial = false;
      machines.kitchen = removeAttrs machines.kitchen [ "macAddress" ] // {
        addressIsReserved = true;
      };
    };
  };

  # A DHCP server that may be in the way.
  beside-kea = {
    imports = [ server ];
    services.netimage.trial = false;
    services.netimage.machines = machines;
    services.kea.dhcp4.enable = true;
  };

  # Another name for the same image, as a package.
  by-image = {
    imports = [ server ];
    services.netimage.machines.kitchen = removeAttrs machines.kitchen [ "configuration" ] // {
      image = boards.shared-store.config.system.build.netImageLean;
      addressIsReserved = true;
    };
  };
}
