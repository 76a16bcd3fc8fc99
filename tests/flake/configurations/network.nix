# The root's port, in other words.
{
  lib,
  with',
  scripted,
  vendorKernel,
  ...
}:

{
  own-networks = with' [
    {
      networking.useDHCP = false;
      systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        networkConfig.DHCP = "ipv4";
      };
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        networkConfig.DHCP = "ipv4";
        networkConfig.KeepConfiguration = "static";
      };
    }
  ];
  fixed-address = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
    }
  ];
  wlan-also = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.eth0.useDHCP = true;
      networking.interfaces.wlan0.useDHCP = true;
    }
  ];
  # Stage 1 makes the bridge, too.
  bridge = with' [
    {
      networking.useDHCP = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    }
  ];
  bridge-elsewhere = with' [
    scripted
    {
      networking.bridges.br0.interfaces = [ "eth1" ];
      networking.bonds.bond0.interfaces = [ "eth2" ];
    }
  ];
  # By hand, in both stages.
  bond = with' [
    (
      let
        networks = {
          netdevs."10-bond0".netdevConfig = {
            Kind = "bond";
            Name = "bond0";
          };
          networks."20-ports" = {
            matchConfig.Name = "eth0 eth1";
            networkConfig.Bond = "bond0";
          };
          networks."30-bond0" = {
            matchConfig.Name = "bond0";
            DHCP = "ipv4";
          };
        };
      in
      {
        networking.useDHCP = false;
        systemd.network = networks;
        boot.initrd.systemd.network = networks;
      }
    )
  ];
  vlan = with' [
    {
      networking.useDHCP = false;
      networking.vlans.lan = {
        id = 5;
        interface = "eth0";
      };
      networking.interfaces.lan.useDHCP = true;
    }
  ];
  # The kernel's own means, of a vendor kernel.
  address-by-parameter = with' [
    vendorKernel
    {
      networking.interfaces.eth0.useDHCP = false;
      netImage.kernelParams = [ "ip=192.0.2.9::192.0.2.254:255.255.255.0::eth0:off" ];
    }
  ];
  names-of-udev = with' [
    {
      networking.usePredictableInterfaceNames = true;
      networking.useDHCP = false;
      networking.interfaces.end0.useDHCP = true;
    }
  ];
  # The port of one board, and any other.
  port-by-address = with' [
    {
      boot.initrd.systemd.network.networks."10-pi" = {
        matchConfig.MACAddress = "dc:a6:32:01:36:c2";
        networkConfig.LinkLocalAddressing = "no";
      };
    }
  ];
  # With a warning, as there is no end0.
  absent-name = with' [
    {
      networking.useDHCP = false;
      networking.interfaces.end0.useDHCP = true;
    }
  ];
  absent-name-by-hand = with' [
    {
      networking.useDHCP = false;
      systemd.network.networks."10-lan" = {
        matchConfig.Name = "end0";
        networkConfig.DHCP = "ipv4";
      };
    }
  ];
  # The other may be the root's.
  second-port = with' [
    {
      boot.initrd.systemd.network.networks = {
        "10-root" = {
          matchConfig.Name = "eth1";
          networkConfig.DHCP = "ipv4";
        };
        "20-other" = {
          matchConfig.Name = "eth0";
          networkConfig.DHCP = "no";
        };
      };
    }
  ];
  # None of them carries the root.
  fixed-addresses-elsewhere = with' [
    {
      networking.useNetworkd = false;
      networking.bridges.br0.interfaces = [ "eth1" ];
      networking.interfaces = lib.genAttrs [ "lo" "dummy0" "br0" ] (_: {
        ipv4.addresses = [
          {
            address = "198.51.100.9";
            prefixLength = 32;
          }
        ];
      });
    }
  ];
  gateway = with' [
    {
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
      networking.defaultGateway = {
        address = "192.0.2.254";
        interface = "eth0";
      };
    }
  ];
  network-manager = with' [ { networking.networkmanager.enable = true; } ];
  network-manager-scripted = with' [
    scripted
    { networking.networkmanager.enable = true; }
  ];
  dhcpcd = with' [ { networking.useNetworkd = false; } ];
}
