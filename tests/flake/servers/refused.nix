# Servers that cannot work, and the words of the message that says so, the line to write
# among them.
{
  lib,
  boards,
  ...
}:

let
  parts = import ./parts.nix { inherit boards; };
  inherit (parts) server machines;
  option = "services.netimage";
  # The two machines, of which something is otherwise, on a server of which it is.
  with' = settings: changes: {
    imports = [
      server
      { services.netimage = settings; }
    ];
    services.netimage.machines = lib.mapAttrs (name: one: one // changes.${name} or { }) machines;
  };
  named = boards.shared-store.extendModules {
    modules = [ { networking.hostName = lib.mkOverride 40 "pi"; } ];
  };
in
{
  no-address = {
    module = {
      imports = [ (with' { } { }) ];
      networking.interfaces.eth0.ipv4.addresses = lib.mkForce [ ];
    };
    says = [ "${option}.address = \"192.0.2.1\";" ];
  };
  no-ipv4-address = {
    module = with' { address = "server.example"; } { };
    says = [ "${option}.address is \"server.example\", which is no IPv4 address" ];
  };
  hidden = {
    module = with' { dataDir = "/home/pi/netimage"; } { };
    says = [ "${option}.dataDir = \"/srv/netimage\";" ];
  };
  hidden-itself = {
    module = with' { dataDir = "/tmp"; } { };
    says = [ "${option}.dataDir = \"/srv/netimage\";" ];
  };
  gateway-elsewhere = {
    module = with' { gateway = "198.51.100.1"; } { };
    says = [ "${option}.gateway = null;" ];
  };
  name = {
    module = {
      imports = [ server ];
      services.netimage.machines.Pi_1 = machines.kitchen;
    };
    says = [
      "has a \"Pi_1\", which is no host name"
      "${option}.machines.pi1 ="
    ];
  };
  one-serial = {
    module = with' { } { garden.serial = "200000001234abcd"; };
    says = [
      "garden and kitchen would fetch the same files, from 1234abcd/"
      "${option}.machines.kitchen.tftpPrefix = \"kitchen\";"
    ];
  };
  one-prefix = {
    module = with' { } {
      garden.tftpPrefix = "Both";
      kitchen.tftpPrefix = "both";
    };
    says = [ "from both/" ];
  };
  one-mac = {
    module = with' { } { garden.macAddress = "DC-A6-32-01-36-C2"; };
    says = [
      "garden and kitchen have one Ethernet address"
      "${option}.machines.kitchen.macAddress ="
    ];
  };
  one-address = {
    module = with' { } { garden.address = "192.0.2.21"; };
    says = [
      "garden and kitchen have one address, 192.0.2.21"
      "${option}.machines.kitchen.address ="
    ];
  };
  own-address = {
    module = with' { } { garden.address = "192.0.2.1"; };
    says = [ "garden has the server's own address" ];
  };
  address-elsewhere = {
    module = with' { } { garden.address = "198.51.100.22"; };
    says = [
      "garden has the address 198.51.100.22, which is not in the network of 192.0.2.1/24"
      "${option}.machines.garden.address ="
    ];
  };
  address-outside-of-a-half = {
    module = with' { prefixLength = 28; } { };
    says = [ "garden has the address 192.0.2.22, which is not in the network of 192.0.2.1/28" ];
  };
  other-settings = {
    module = with' { } {
      garden.configuration = boards.shared-store.extendModules {
        modules = [ { networking.interfaces.eth0.useDHCP = true; } ];
      };
    };
    says = [
      "garden has its address on its command line"
      "win: 40-eth0"
      "${option}.machines.garden.addressIsReserved = true;"
    ];
  };
  last-address = {
    module = with' { } { garden.address = "192.0.2.255"; };
    says = [ "garden has the address 192.0.2.255, the first or the last of its network" ];
  };
  router = {
    module = with' { gateway = "192.0.2.22"; } { };
    says = [ "garden has the router's address" ];
  };
  group = {
    module = with' { } { garden.macAddress = "01:00:5e:00:00:01"; };
    says = [ "01:00:5e:00:00:01 is not the Ethernet address of a single port" ];
  };
  other-board = {
    module = with' { } { garden.board = "rpi5"; };
    says = [
      "garden is a rpi5, and its image is for"
      "netImage.boards = [ \"rpi5\" ];"
    ];
  };
  no-such-address = {
    module = with' { } { garden.address = "192.0.2.256"; };
    says = [ "${option}.machines.garden.address is \"192.0.2.256\", which is no IPv4 address" ];
  };
  nobody-promises = {
    module = {
      imports = [ (with' { address = "192.0.2.1"; } { }) ];
      networking.interfaces.eth0.ipv4.addresses = lib.mkForce [ ];
    };
    says = [
      "Nobody promises garden its address"
      "${option}.machines.garden.addressIsReserved = true;"
      "${option}.prefixLength = 24;"
    ];
  };
  trial-by-parameter = {
    module = with' { } { garden.trial = true; };
    says = [
      "garden is to try new generations"
      "${option}.machines.garden.addressIsReserved = true;"
      "${option}.machines.garden.trial = false;"
    ];
  };
  no-mac = {
    module = with' { } { garden.macAddress = null; };
    says = [ "${option}.machines.garden.macAddress = \"dc:a6:32:01:36:c2\";" ];
  };
  no-mac-as-prefix = {
    module = with' { dhcp.mode = "none"; } {
      garden.macAddress = null;
      garden.tftpPrefix = "mac";
    };
    says = [ "${option}.machines.garden.macAddress = \"dc:a6:32:01:36:c2\";" ];
  };
  no-image = {
    module = with' { } { garden.configuration = { config.system.build = { }; }; };
    says = [ "netimage.nixosModules.default" ];
  };
  own-root = {
    module = with' { } { garden.configuration = boards.systemd; };
    says = [
      "The image of garden has a root of its own"
      "netImage.store.shared = true;"
    ];
  };
  other-depot = {
    module = with' { dataDir = "/srv/other"; } { };
    says = [
      "netImage.store.depot = \"/srv/other\";"
      "${option}.dataDir = \"/srv/netimage\";"
    ];
  };
  nfs-version = {
    module = with' { } { garden.configuration = boards.shared-store-v3; };
    says = [ "netImage.nfs.version = \"4.1\";" ];
  };
  other-server = {
    module = with' { address = "192.0.2.2"; } { };
    says = [ "netImage.nfs.server = \"192.0.2.2\";" ];
  };
  one-host-name = {
    module = with' { } {
      garden.configuration = named;
      kitchen.configuration = named;
    };
    says = [
      "garden and kitchen would all be called pi"
      "networking.hostName = \"\";"
    ];
  };
}
