# shellcheck shell=bash disable=SC2154,SC2034
# A user's image, with its console on this terminal, until the machine ends or is
# ended. Without a terminal, for NETIMAGE_BOOT_SECONDS, by default five minutes.
# It fails where QEMU does, or the console tells that the boot has.
image=$4 board=$5

copy_image "$image"
say "serves ${export_paths[1]} of $asked_for over NFSv3 and 4; the copy is lost in the end"
serve_boot
serve_nfs RW 3,4

# It stays in the foreground, for the terminal.
power_on() {
  local limit=()
  [[ -t 0 ]] || limit=(timeout "${NETIMAGE_BOOT_SECONDS:-300}")
  "${limit[@]}" chroot "$tools" qemu-system-aarch64 "${qemu_arguments[@]}" "$@" || ended=$?
}
ended=0
serial=(-chardev "stdio,id=console,mux=on,signal=off,logfile=$state/console.log"
  -serial chardev:console -mon chardev=console)
case $board in
  virt) extra_arguments=console=ttyAMA0 && boot_virt ;;
  rpi3) extra_arguments=console=ttyS1,115200 && boot_rpi3 ;;
esac
for sign in 'Kernel panic - not syncing' 'You are in emergency mode' 'An error occurred in stage 1'; do
  ! console "$sign" || fail "the machine did not boot: its console says \"$sign\""
done
# 124 is the end of the time that it had.
((ended == 0 || ended == 124)) || fail "QEMU ended with status $ended"
