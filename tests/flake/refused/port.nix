# A wired port that has no address, or loses it.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  # As the original's own author had it.
  port-without-dhcp = {
    module = {
      imports = [ server ];
      networking.useDHCP = false;
      networking.interfaces.eth0.useDHCP = false;
      networking.interfaces.wlan0.useDHCP = true;
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  port-by-hand-without-dhcp = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "e*";
        networkConfig.DHCP = "no";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".networkConfig.DHCP = \"ipv4\";" ];
  };
  port-unmanaged = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Name = "eth0";
        linkConfig.Unmanaged = true;
        DHCP = "ipv4";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".linkConfig.Unmanaged = false;" ];
  };
  port-with-other-address = {
    module = {
      imports = [ server ];
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv6.addresses = [
        {
          address = "2001:db8::9";
          prefixLength = 64;
        }
      ];
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  # Of version 6, to a server of version 4.
  port-with-other-protocol = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.networks."10-lan" = {
        matchConfig.Type = "ether";
        DHCP = "ipv6";
      };
    };
    says = [ "boot.initrd.systemd.network.networks.\"10-lan\".DHCP = \"ipv4\";" ];
  };
  no-network = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        boot.initrd.network.enable = lib.mkForce false;
      };
    says = [
      "Stage 1 has no network"
      "boot.initrd.network.enable = true;"
    ];
  };
  no-network-scripted = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        boot.initrd.systemd.enable = false;
        boot.initrd.network.enable = lib.mkForce false;
      };
    says = [ "boot.initrd.network.enable = true;" ];
  };
  no-networkd = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.network.enable = false;
    };
    says = [ "boot.initrd.systemd.network.enable = true;" ];
  };
  flush = {
    module = {
      imports = [ server ];
      boot.initrd.network.flushBeforeStage2 = true;
    };
    says = [
      "boot.initrd.network.flushBeforeStage2"
      "Set it to false"
    ];
  };
  scripted-addresses = {
    module = {
      imports = [ server ];
      networking.useNetworkd = false;
      networking.useDHCP = false;
      networking.interfaces.eth0.ipv4.addresses = [
        {
          address = "192.0.2.9";
          prefixLength = 24;
        }
      ];
    };
    says = [ "networking.useNetworkd = true;" ];
  };
  # A file for the port, in which there is a route and nothing else.
  gateway-without-address = {
    module = {
      imports = [ server ];
      networking.defaultGateway = {
        address = "192.0.2.254";
        interface = "eth0";
      };
    };
    says = [
      "40-eth0.network gives eth0 none"
      "networking.interfaces.eth0.useDHCP = true;"
    ];
  };
  gateway-without-interface = {
    module = {
      imports = [ server ];
      networking.defaultGateway = "192.0.2.254";
    };
    says = [
      "netimage turns"
      "networking.defaultGateway = { address = \"192.0.2.254\"; interface = \"eth0\"; };"
    ];
  };
  gateway6-without-interface = {
    module = {
      imports = [ server ];
      networking.useNetworkd = true;
      networking.defaultGateway6 = "fe80::1";
    };
    says = [
      "networkd needs the interface of a gateway. Write"
      "networking.defaultGateway6 = { address = \"fe80::1\"; interface = \"eth0\"; };"
    ];
  };
}
