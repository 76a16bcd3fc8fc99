# shellcheck shell=bash disable=SC2154,SC2034
# The machine: QEMU with one serial console, kept in a file.

# Where its serial console goes, and what follows the image's command line.
serial=(-serial "file:$state/console.log")
extra_arguments=

# boot_virt: QEMU's own board. U-Boot asks for an address and fetches the rest.
boot_virt() {
  # The second bank of flash memory is U-Boot's environment.
  sed "s/^extra_arguments=.*/&$extra_arguments/" "$here/firmware.env" >"$state/firmware.env"
  chroot "$tools" mkenvimage -s 0x40000 -o "$state/flash" "$state/firmware.env"
  truncate --size 64M "$state/flash"
  power_on -machine virt -cpu cortex-a72 -m 512 -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin \
    -drive "if=pflash,unit=1,format=raw,file=$state/flash" \
    -device virtio-net-device,netdev=n0 "${serial[@]}"
}

# boot_kernel: the same board, with the image's kernel, initrd and command line.
boot_kernel() {
  power_on -machine virt -cpu cortex-a72 -m 512 -kernel "$state/tftp/kernel8.img" \
    -initrd "$state/tftp/initrd" -append "$(cat "$state/tftp/cmdline.txt")" \
    -device virtio-net-device,netdev=n0 "${serial[@]}"
}

# boot_rpi3: QEMU's Raspberry Pi 3, with the files of the boot tree that its firmware
# would load. Its network is an adapter on USB, and its console the second port.
boot_rpi3() {
  local kernel initramfs device_tree command_line
  read -r kernel initramfs device_tree command_line < <(resolve rpi3)
  say "kernel $kernel, initramfs $initramfs, device tree $device_tree, command line $command_line"
  power_on -machine raspi3b -kernel "$state/tftp/$kernel" -initrd "$state/tftp/$initramfs" \
    -dtb "$state/tftp/$device_tree" -append "$(cat "$state/tftp/$command_line") $extra_arguments" \
    -device usb-net,netdev=n0 -serial null "${serial[@]}"
}

# resolve BOARD: kernel, initramfs, device tree and command line, as the builder
# simulates the board's firmware.
resolve() {
  "$builder" requests "$state/tftp" --board "$1" --format json |
    jq -r '.resolved | [.kernel, .initramfs[0], .deviceTree, .commandLine] | join(" ")'
}

qemu_arguments=(-nodefaults -display none -no-reboot
  -netdev "tap,id=n0,ifname=tap0,script=no,downscript=no")

power_on() {
  : >"$state/console.log"
  chroot "$tools" qemu-system-aarch64 "${qemu_arguments[@]}" "$@" </dev/null >"$state/qemu.log" 2>&1 &
  qemu=$!
}

# As when the plug is pulled.
power_off() {
  if [[ -n ${qemu-} ]]; then
    kill -KILL "$qemu" 2>/dev/null || true
    wait "$qemu" 2>/dev/null || true
    qemu=
  fi
}

# cut_off TEST FILE: pulls the plug as soon as the test holds for the file, without
# the pauses of wait_for, in which it might come and go.
cut_off() {
  local end=$((SECONDS + 180))
  until test "$1" "$2"; do
    ((SECONDS < end)) || fail "there is no ${2#"$state/"}"
  done
  power_off
}

# console TEXT: whether the machine has said so.
console() {
  grep -aqF -- "$1" "$state/console.log"
}

# said_or_over TEXT: that, or nothing more is to come.
said_or_over() {
  console "$1" || console ': end' || console 'Kernel panic' || ! kill -0 "$qemu" 2>/dev/null
}

# expect SECONDS TEXT: the machine says so within that time.
expect() {
  wait_for "$1" said_or_over "$2" || fail "the machine does not say \"$2\" within $1 s"
  console "$2" || fail "the machine is through without \"$2\": $(cat "$state/qemu.log")"
}

# expect_up: the system is up, and has nothing to complain of.
expect_up() {
  expect "${1:-180}" 'netimage-test: up'
  expect 60 'netimage-test: end'
  ! console 'netimage-test: WRONG' || fail "$(grep -a 'netimage-test: WRONG' "$state/console.log")"
}

# wrote_state: what the system wrote is on the server.
wrote_state() {
  [[ $(cat "$state/root/var/lib/test/state" 2>/dev/null) == 'written by aarch64' ]] ||
    fail 'what the system wrote is not on the server'
}
