# A system that is long at reading from its root and writing to it.
{ pkgs, ... }:
{
  test.services."20-busy" = ''
    for round in 1 2 3 4 5 6; do
      echo 3 >/proc/sys/vm/drop_caches
      cat ${pkgs.linux}/Image >/tmp/copy
      cmp ${pkgs.linux}/Image /tmp/copy
      echo "round $round"
    done
    rm /tmp/copy
  '';
}
