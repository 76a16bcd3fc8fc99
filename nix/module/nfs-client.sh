# shellcheck shell=dash
# Gives the NFS client a name of its own: the board's serial number, else the MAC
# address of a port. The kernel alone would call it after the host name, which it
# does not have yet or which is the same wherever a configuration boots; a server
# takes machines of one name for one that restarts, and drops what the others hold.
# Linux: fs/nfs/nfs4proc.c, nfs4_init_uniform_client_string.
#
# Only what a shell has built in is used, as there may be nothing else. Whatever
# happens, the boot goes on.
parameter=/sys/module/nfs/parameters/nfs4_unique_id
serial_number=/proc/device-tree/serial-number
serial=
wired=
wireless=

nameless() {
  echo "netimage: the NFS client has no name of its own: $1." \
    "Its server may take it for another machine; give each one nfs.nfs4_unique_id=NAME in its cmdline.txt."
  exit 0
}

[ -e "$parameter" ] || nameless "the kernel has no $parameter"
# The kernel or modprobe has it of the command line.
read -r name <"$parameter" || true
if [ -n "$name" ]; then
  echo "netimage: the NFS client's name is $name, as given"
  exit 0
fi

# Of the firmware; it ends in a zero byte, without a line end.
if [ -r "$serial_number" ]; then
  read -r serial <"$serial_number" || true
fi
case $serial in
  *[!0]*) ;;
  *) serial= ;;
esac

for port in /sys/class/net/*; do
  # Others are no hardware.
  [ -e "$port/device" ] || continue
  read -r address <"$port/address" || continue
  case $address in
    *[!0:]*) ;;
    *) continue ;;
  esac
  if [ -e "$port/phy80211" ]; then
    wireless=${wireless:-$address}
  else
    wired=${wired:-$address}
  fi
done

name=${serial:-${wired:-$wireless}}
[ -n "$name" ] || nameless 'the machine has no serial number and no network port'
printf %s "$name" >"$parameter" || nameless "$name cannot be written to $parameter"
echo "netimage: the NFS client's name is $name"
