#!/bin/busybox sh
# shellcheck shell=dash
# Goes the way of NixOS's scripted stage 1, as far as a root on NFS takes it.
export PATH=/bin:/sbin
/bin/busybox --install -s /bin

say() {
  echo "netimage-test: stage 1: $*"
}

# parameter NAME: its last value on the kernel's command line.
parameter() {
  local line word value=
  read -r line </proc/cmdline
  for word in $line; do
    case $word in
      "$1"=*) value=${word#*=} ;;
      "$1") value=1 ;;
    esac
  done
  printf %s "$value"
}

# The machine is left as it is, for its console to be read; or the kernel panics, as
# process 1 is no more.
fail() {
  say "FAILED: $*"
  dmesg | grep -i nfs | tail -n 5
  [ -z "$(parameter boot.panic_on_fail)" ] || exit 1
  say 'end'
  while :; do sleep 60; done
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
exec </dev/console >/dev/console 2>&1
say 'started'
[ -z "$(parameter test.panic)" ] || echo c >/proc/sysrq-trigger

# All at once, where udev would look at the hardware.
for module in @kernelModules@ @availableKernelModules@; do
  case $module in
    # Left to the kernel to ask for, as its own mount options do.
    nfsv3 | nfsv4) ;;
    *) modprobe "$module" || say "module $module is not there" ;;
  esac
done

@preLVMCommands@

for interface in /sys/class/net/*; do
  [ -e "$interface/device" ] || continue
  interface=${interface##*/}
  ip link set "$interface" up
  udhcpc --quit --now -i "$interface" -s /etc/udhcpc.sh @udhcpcArguments@ || say "no lease on $interface"
done

# As in NixOS, what begins with x- is not for mount; and what is for systemd.
options() {
  local IFS=, option
  for option in $1; do
    case $option in
      x-* | _netdev) ;;
      *) printf ',%s' "$option" ;;
    esac
  done
}

while read -r device directory type options _; do
  options=$(options "$options")
  case $type in
    netimage)
      # What its own helper, which calls mount.nfs, does for systemd.
      device=$(parameter netimage.persist)
      type=nfs options=$options,addr=${device%%:*}
      ;;
    none)
      # As systemd does.
      device=/mnt-root$device
      mkdir -p "$device"
      ;;
  esac
  say "mount -t $type -o ${options#,} $device $directory"
  mkdir -p "/mnt-root$directory"
  said=$(mount -i -t "$type" -o "${options#,}" "$device" "/mnt-root$directory" 2>&1) ||
    fail "cannot mount $device: $said"
done </etc/fstab

init=$(parameter init)
[ -e "/mnt-root$init" ] || [ -L "/mnt-root$init" ] || fail "stage 2 init script ($init) not found"

for directory in dev proc sys run; do
  # A root in memory has none.
  mkdir -p "/mnt-root/$directory"
  mount --move "/$directory" "/mnt-root/$directory"
done
exec switch_root /mnt-root "$init"
