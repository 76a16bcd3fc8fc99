# shellcheck shell=bash
# The machine: QEMU with one serial console, kept in a file.

# boot_virt: QEMU's own board. U-Boot asks for an address and fetches the rest.
boot_virt() {
  # The second bank of flash memory is U-Boot's environment.
  chroot "$tools" mkenvimage -s 0x40000 -o "$state/flash" - <"$here/firmware.env"
  truncate --size 64M "$state/flash"
  power_on -machine virt -cpu cortex-a72 -m 512 -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin \
    -drive "if=pflash,unit=1,format=raw,file=$state/flash" \
    -device virtio-net-device,netdev=n0 -serial "file:$state/console.log"
}

# boot_kernel: the same board, with the image's kernel, initrd and command line.
boot_kernel() {
  power_on -machine virt -cpu cortex-a72 -m 512 -kernel "$state/tftp/kernel8.img" \
    -initrd "$state/tftp/initrd" -append "$(cat "$state/tftp/cmdline.txt")" \
    -device virtio-net-device,netdev=n0 -serial "file:$state/console.log"
}

power_on() {
  : >"$state/console.log"
  chroot "$tools" qemu-system-aarch64 -nodefaults -display none -monitor none -no-reboot \
    -netdev tap,id=n0,ifname=tap0,script=no,downscript=no "$@" </dev/null >"$state/qemu.log" 2>&1 &
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
  say "$(grep -aF -m 1 -- "$2" "$state/console.log" | tr -d '\r')"
}

# expect_up: the system is up, and has nothing to complain of.
expect_up() {
  expect "${1:-180}" 'netimage-test: up'
  expect 30 'netimage-test: end'
  ! console 'netimage-test: WRONG' || fail "$(grep -a 'netimage-test: WRONG' "$state/console.log")"
}
