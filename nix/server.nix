# A server of machines that boot over the network, from a depot. Each part has one
# topic.
{
  imports = [
    ./server/options.nix
    ./server/machines.nix
    ./server/depot.nix
    ./server/deploy.nix
    ./server/dnsmasq.nix
    ./server/nfs.nix
    ./server/watch.nix
    ./server/status-page.nix
    ./server/gc.nix
    ./server/firewall.nix
    ./server/checks.nix
    ./server/machine-checks.nix
    ./server/image-checks.nix
  ];
}
