"""Boot files of the size that a NixOS system for a Raspberry Pi has.

The kernel has a header that is looked at, and the initrd as many modules as are to be
unpacked; nothing else in them means anything.
"""

import gzip
import os
import random
import struct

KERNEL_BYTES, MODULES, MODULE_BYTES = 24_000_000, 600, 50_000

# What the check has against them, and against a system without a toplevel.
ALLOWED = [
    "command-line-no-init",
    "command-line-root",
    "device-tree-invalid",
    "firmware-damaged",
    "initrd-no-init",
]


def kernel(size):
    """An arm64 Image: Documentation/arch/arm64/booting.rst."""
    header = struct.pack("<IIQQQQQQ4sI", 0, 0x14000000, 0x80000, size, 0xA, 0, 0, 0, b"ARM\x64", 0)
    return header + random.Random(2).randbytes(size - len(header))


def entry(name, mode, data=b""):
    """An entry of a cpio archive (newc): Documentation/driver-api/early-userspace/buffer-format.rst."""
    fields = (1, mode, 0, 0, 1, 1, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def initrd(modules, size):
    noise = random.Random(3).randbytes(2 * size)
    parts = [entry(name, 0o40755) for name in (b"lib", b"lib/modules")]
    for number in range(modules):
        at = number * 997 % size
        # Compresses to a half, as modules do.
        data = noise[at : at + size // 2].hex().encode("ascii")
        parts.append(entry(b"lib/modules/%d.ko" % number, 0o100644, data))
    return gzip.compress(b"".join([*parts, entry(b"TRAILER!!!", 0)]), 1, mtime=0)


def files(directory, scale):
    """Writes them, a fraction of their usual size, and returns what a spec says of them."""
    os.makedirs(directory, exist_ok=True)
    made = {
        "kernel8.img": kernel(KERNEL_BYTES // scale),
        "initrd": initrd(MODULES // scale, MODULE_BYTES),
    }
    entries = [{"target": "config.txt", "text": "arm_64bit=1\ninitramfs initrd followkernel\n"}]
    for name in ["start4.elf", "fixup4.dat", "bcm2711-rpi-4-b.dtb", "overlays/README"]:
        entries.append({"target": name, "text": name})
    for name, data in made.items():
        path = os.path.join(directory, name)
        with open(path, "wb") as file:
            file.write(data)
        entries.append({"target": name, "source": os.path.abspath(path)})
    return entries
