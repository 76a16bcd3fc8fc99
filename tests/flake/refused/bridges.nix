# A wired port that stage 2 puts into a bridge or a bond.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  bridge-without-address = {
    module = {
      imports = [ server ];
      networking.bridges.br0.interfaces = [ "eth0" ];
    };
    says = [
      "no .network file is for br0"
      "networking.interfaces.br0.useDHCP = true;"
    ];
  };
  bridge-after-scripted = {
    module = {
      imports = [ server ];
      boot.initrd.systemd.enable = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.enable = true;"
    ];
  };
  bridge-of-scripts = {
    module = {
      imports = [ server ];
      networking.useNetworkd = false;
      networking.bridges.br0.interfaces = [ "eth0" ];
      networking.interfaces.br0.useDHCP = true;
    };
    says = [
      "would put eth0 into br0"
      "networking.useNetworkd = true;"
    ];
  };
  bridge-by-hand = {
    module = {
      imports = [ server ];
      systemd.network = {
        netdevs."10-br0".netdevConfig = {
          Kind = "bridge";
          Name = "br0";
        };
        networks."20-port" = {
          matchConfig.Name = "eth0";
          networkConfig.Bridge = "br0";
        };
        networks."30-br0" = {
          matchConfig.Name = "br0";
          DHCP = "ipv4";
        };
      };
    };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.network.netdevs.\"10-br0\" = config.systemd.network.netdevs.\"10-br0\";"
      "boot.initrd.systemd.network.networks.\"20-port\" = config.systemd.network.networks.\"20-port\";"
      "boot.initrd.systemd.network.networks.\"30-br0\" = config.systemd.network.networks.\"30-br0\";"
    ];
  };
  bridge-by-hand-scripted = {
    module =
      let
        network = {
          netdevs."10-br0".netdevConfig = {
            Kind = "bridge";
            Name = "br0";
          };
          networks."20-port" = {
            matchConfig.Name = "eth0";
            networkConfig.Bridge = "br0";
          };
        };
      in
      {
        imports = [ server ];
        boot.initrd.systemd.enable = false;
        systemd.network = network;
        boot.initrd.systemd.network = network;
      };
    says = [
      "would put eth0 into br0"
      "boot.initrd.systemd.enable = true;"
    ];
  };
  # NixOS makes bonds in stage 2 only.
  bond = {
    module = {
      imports = [ server ];
      networking.bonds.bond0.interfaces = [
        "eth0"
        "eth1"
      ];
      networking.interfaces.bond0.useDHCP = true;
    };
    says = [
      "would put eth0 into bond0"
      "networking.bonds.bond0.interfaces = lib.mkForce [ \"eth1\" ];"
    ];
  };
}
