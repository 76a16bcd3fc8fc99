# shellcheck shell=bash disable=SC2154,SC2034
# The machines: QEMU with one serial console, kept in a file for each boot.

# What follows the image's command line, and what QEMU's board has beside the network.
extra_arguments=
devices=()

# place_of NUMBER: where the files of a machine are.
place_of() {
  if (($1 == 1)); then
    printf %s "$state"
  else
    printf %s "$state/$1"
  fi
}

# switch_to NUMBER: the machine that is spoken of from here on. There is one, of
# number 1, unless a case has more.
switch_to() {
  machine=$1
  place=$(place_of "$1")
  mkdir -p "$place"
  mac=52:54:00:00:00:0$machine
  qemu_arguments=(-nodefaults -display none -no-reboot
    -netdev "tap,id=n0,ifname=tap$machine,script=no,downscript=no")
  serial=(-serial "file:$place/console.log")
}

# The processes of QEMU, by their machines, and those that stand in for the firmware.
declare -A qemu=() firmware=()

# boot_virt: QEMU's own board. U-Boot asks for an address and fetches the rest.
boot_virt() {
  # The second bank of flash memory is U-Boot's environment.
  sed "s/^extra_arguments=.*/&$extra_arguments/" "$here/firmware.env" >"$place/firmware.env"
  chroot "$tools" mkenvimage -s 0x40000 -o "$place/flash" "$place/firmware.env"
  truncate --size 64M "$place/flash"
  power_on -machine virt -cpu cortex-a72 -m 512 -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin \
    -drive "if=pflash,unit=1,format=raw,file=$place/flash" \
    -device "virtio-net-device,netdev=n0,mac=$mac" "${serial[@]}"
}

# boot_kernel: the same board, with the image's kernel, initrd and command line.
boot_kernel() {
  power_on -machine virt -cpu cortex-a72 -m 512 -kernel "$place/tftp/kernel8.img" \
    -initrd "$place/tftp/initrd" -append "$(cat "$place/tftp/cmdline.txt") $extra_arguments" \
    -device "virtio-net-device,netdev=n0,mac=$mac" "${serial[@]}"
}

# boot_board [OPTION...]: QEMU's own board, with what the firmware of the depot's machine
# fetches over TFTP, from the machine's own address. The options are of ./firmware.
boot_board() {
  start_firmware "$@"
  start_fetched
}

# start_firmware [OPTION...]: in the background.
start_firmware() {
  chroot "$tools" ip address add "${addresses[$machine]}/32" dev lan
  "$here/firmware" "$@" "$builder" rpi4 "${serials[$machine]}" "${addresses[$machine]}" "$server" \
    "$place/board" >"$place/firmware.log" 2>&1 &
  firmware[$machine]=$!
}

# fetched_boot: waits for the firmware, and gives its address to who comes next.
fetched_boot() {
  local status=0
  wait "${firmware[$machine]}" || status=$?
  chroot "$tools" ip address delete "${addresses[$machine]}/32" dev lan
  ((status == 0)) || fail "the firmware does not come to an end: $(cat "$place/firmware.log")"
}

# start_fetched: what the firmware starts.
start_fetched() {
  local kernel initrd device_tree
  fetched_boot
  read -r kernel initrd device_tree command_line <"$place/firmware.log"
  command_line=$place/board/$command_line
  say "boots $kernel: $(tr ' ' '\n' <"$command_line" | grep netimage.generation=)"
  [[ -s $place/board/$device_tree ]] || fail 'there is no device tree'
  power_on -machine virt -cpu cortex-a72 -m 512 -kernel "$place/board/$kernel" -initrd "$place/board/$initrd" \
    -append "$(cat "$command_line") $extra_arguments" "${devices[@]}" \
    -device "virtio-net-device,netdev=n0,mac=$mac" "${serial[@]}"
}

# boot_rpi3: QEMU's Raspberry Pi 3, with the files of the boot tree that its firmware
# would load. Its network is an adapter on USB, and its console the second port.
boot_rpi3() {
  local kernel initramfs device_tree command_line
  read -r kernel initramfs device_tree command_line < <(resolve rpi3)
  say "kernel $kernel, initramfs $initramfs, device tree $device_tree, command line $command_line"
  power_on -machine raspi3b -kernel "$place/tftp/$kernel" -initrd "$place/tftp/$initramfs" \
    -dtb "$place/tftp/$device_tree" -append "$(cat "$place/tftp/$command_line") $extra_arguments" \
    -device "usb-net,netdev=n0,mac=$mac" -serial null "${serial[@]}"
}

# resolve BOARD: kernel, initramfs, device tree and command line, as the builder
# simulates the board's firmware.
resolve() {
  "$builder" requests "$place/tftp" --board "$1" --format json |
    jq -r '.resolved | [.kernel, .initramfs[0], .deviceTree, .commandLine] | join(" ")'
}

power_on() {
  keep_console
  : >"$place/console.log"
  chroot "$tools" qemu-system-aarch64 "${qemu_arguments[@]}" "$@" </dev/null >"$place/qemu.log" 2>&1 &
  qemu[$machine]=$!
}

# keep_console: of the boot before, as console-1.log, console-2.log and so on.
keep_console() {
  local number=1
  [[ -e $place/console.log ]] || return 0
  while [[ -e $place/console-$number.log ]]; do
    number=$((number + 1))
  done
  mv -- "$place/console.log" "$place/console-$number.log"
}

# consoles: all that there are of the case, each machine's from its first boot on.
consoles() {
  find "$state" -maxdepth 2 -name 'console*.log' -size +0 | sort --version-sort
}

# As when the plug is pulled.
power_off() {
  if [[ -n ${qemu[$machine]-} ]]; then
    kill -KILL "${qemu[$machine]}" 2>/dev/null || true
    wait "${qemu[$machine]}" 2>/dev/null || true
    unset "qemu[$machine]"
  fi
}

# cut_off TEST FILE: pulls the plug as soon as the test holds for the file, without
# the pauses of wait_for, in which it might come and go.
cut_off() {
  local end=$((SECONDS + 180))
  until test "$1" "$2"; do
    ((SECONDS < end)) || fail "there is no ${2#"$place/"}"
  done
  power_off
}

# console TEXT: whether the machine has said so.
console() {
  grep -aqF -- "$1" "$place/console.log"
}

# has_ended: whether the machine is off, as it is where it would boot again.
has_ended() {
  ! kill -0 "${qemu[$machine]}" 2>/dev/null
}

# said_or_over TEXT: that, or nothing more is to come.
said_or_over() {
  console "$1" || console ': end' || console 'Kernel panic' || has_ended
}

# expect SECONDS TEXT: the machine says so within that time.
expect() {
  wait_for "$1" said_or_over "$2" || fail "the machine does not say \"$2\" within $1 s"
  console "$2" || fail "the machine is through without \"$2\": $(cat "$place/qemu.log")"
}

# expect_up: the system is up, and has nothing to complain of.
expect_up() {
  expect "${1:-180}" 'netimage-test: up'
  expect 60 'netimage-test: end'
  ! console 'netimage-test: WRONG' || fail "$(grep -a 'netimage-test: WRONG' "$place/console.log")"
}

# goes_on_to_work: what runs in the machine still starts programs from its store.
goes_on_to_work() {
  local worked
  worked=$(grep -ac 'netimage-test: works' "$place/console.log") || true
  wait_for 90 has_worked $((worked + 3)) || fail 'the machine does not go on to start programs'
}

has_worked() {
  (($(grep -ac 'netimage-test: works' "$place/console.log") >= $1))
}

# is_named NAME: what the machine calls itself to the NFS server.
is_named() {
  console "NFS client: $1" || fail "the NFS client is not named $1"
}

# wrote_state: what the system wrote is on the server.
wrote_state() {
  [[ $(cat "$place/root/var/lib/test/state" 2>/dev/null) == 'written by aarch64' ]] ||
    fail 'what the system wrote is not on the server'
}
