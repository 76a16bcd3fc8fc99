# That the root is there when the daemon of stage 1 that brought the network up is
# not, and nothing that was read before is remembered.
{ pkgs, ... }:
{
  test.services."20-network" = ''
    if pidof systemd-networkd systemd; then
      echo 'stage 1 is still there'
      exit 1
    fi
    ip -4 address show scope global
    ip -4 address show scope global | grep -q 'inet 192\.0\.2\.'
    echo 3 >/proc/sys/vm/drop_caches
    cat ${pkgs.linux}/Image | cmp - ${pkgs.linux}/Image
    echo 'the root is read through the network'
  '';
}
