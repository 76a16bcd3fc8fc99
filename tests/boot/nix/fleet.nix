# A small system with the store of a depot, which boots in seconds. It goes on to start
# programs of the store, none of which it remembers.
{ lib, pkgs, ... }:
{
  boot.initrd.systemd.enable = true;
  test.systemdStage1 = false;

  test.services."05-program" = lib.mkDefault "echo 'the first program'";
  # What other machines keep is none of its business.
  test.services."60-others" = ''
    read -r line </proc/cmdline
    own=''${line##* netimage.persist=}
    own=''${own%% *}
    mkdir /tmp/other
    attempt() {
      mount -i -t nfs -o vers=4.1,addr=''${own%%:*} ''${own%/*}/$1 /tmp/other
    }
    # Whatever refuses the others' is not in the way of its own.
    attempt ''${own##*/}
    umount /tmp/other
    for name in kitchen garden; do
      [[ $own != */$name ]] || continue
      if attempt $name; then
        ls /tmp/other
        exit 1
      fi
      echo "not for this machine: $name"
    done
  '';
  test.services."95-works" = ''
    (
      count=0
      while sleep 1; do
        echo 3 >/proc/sys/vm/drop_caches
        ${pkgs.bash}/bin/bash -c '${pkgs.busybox}/bin/cat ${pkgs.raspberrypifw}/share/raspberrypi/boot/fixup4.dat >/dev/null' &&
          echo "netimage-test: works $((count += 1))"
      done
    ) &
  '';
}
