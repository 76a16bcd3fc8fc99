"""Power cuts: of what was written since the last flush, any part may be lost.

A disk is served by qemu-storage-daemon, which notes each write and each flush (its
driver blklogwrites, of the format of the kernel's dm-log-writes). Commands change a
depot there. Then the disk is put together as it may have been at any moment: all that
was flushed, and of the rest what chance wants.
"""

import contextlib
import os
import struct
import subprocess
import time

import disks
from depots import Depot, difference, words_of
from place import Wrong

SECTOR, BLOCK = 512, 4096
FLUSH, DISCARD = 1, 4

# By name: the file system, and how it is mounted. It writes nothing by itself for longer
# than a run takes.
KINDS = {
    "ext4": ("ext4", "commit=300"),
    "ext4-writeback": ("ext4", "commit=300,data=writeback,noauto_da_alloc"),
    "xfs": ("xfs", "nouuid"),
    "btrfs": ("btrfs", "commit=300"),
}
COMMANDS = 16


@contextlib.contextmanager
def recorded(disk, log, exported):
    """The disk as a file, what is written to which is noted."""
    log.write_bytes(b"")
    exported.write_bytes(b"")
    nodes = [
        f"driver=file,filename={disk},node-name=disk",
        f"driver=file,filename={log},node-name=log",
        "driver=blklogwrites,file=disk,log=log,node-name=both",
    ]
    command = ["qemu-storage-daemon"]
    for node in nodes:
        command += ["--blockdev", node]
    daemon = subprocess.Popen(
        [*command, "--export", f"type=fuse,id=export,node-name=both,mountpoint={exported},writable=on"]
    )
    try:
        for _ in range(100):
            if exported.stat().st_size:
                break
            time.sleep(0.05)
        else:
            raise Wrong("qemu-storage-daemon exports no disk")
        yield
    finally:
        daemon.terminate()
        daemon.wait()


def entries(log):
    """What was written: where the entry ends in the log, the flags, the place and the bytes."""
    with open(log, "rb") as file:
        at = SECTOR
        while len(head := os.pread(file.fileno(), 32, at)) == 32:
            sector, sectors, flags, _ = struct.unpack("<4Q", head)
            at += SECTOR
            data = b"" if flags & DISCARD else os.pread(file.fileno(), sectors * SECTOR, at)
            at += len(data)
            yield at, flags, sector * SECTOR, data or bytes(sectors * SECTOR)


def cut(written, until, random):
    """What is on the disk of what was written until then: all before the last flush,
    and of the rest all, nothing, or the blocks that chance wants."""
    noted = [entry for entry in written if entry[0] <= until]
    flushes = [at for at, (_, flags, _, _) in enumerate(noted) if flags & FLUSH]
    flushed = flushes[-1] + 1 if flushes else 0
    share = random.choice([0, 1, 0.5, 0.9, 0.1])
    for _, _, place, data in noted[:flushed]:
        yield place, data
    for _, _, place, data in noted[flushed:]:
        for at in range(0, len(data), BLOCK):
            if random.random() < share:
                yield place + at, data[at : at + BLOCK]


def record(context, kind, directory):
    """Lets commands change a depot. The disk before, what was written, and for each
    command where it began and ended in the log, and what is promised from then on."""
    file_system, options = KINDS[kind]
    make, size = disks.MAKE[file_system]
    disk, before, log, exported = (directory / name for name in ("disk", "before", "log", "exported"))
    at = directory / "mnt"
    at.mkdir(parents=True, exist_ok=True)
    with open(disk, "wb") as file:
        file.truncate(size * disks.MIB)
    disks.run(*make, disk)
    disks.run("cp", "--sparse=always", disk, before)
    with recorded(disk, log, exported):
        disks.run("mount", "-o", f"loop,{options}", exported, at)
        try:
            depot = Depot(context, at)
            depot.make()
            disks.run("sync", "-f", at)
            begin = log.stat().st_size
            done = [("the start", begin, begin, depot.promised())]
            for _ in range(COMMANDS):
                command = depot.draw()
                begun = log.stat().st_size
                status, text = depot.run(*command)
                if status not in (0, 1, 2) or "panicked" in text:
                    raise Wrong(f"{words_of(command)}: status {status}: {text}")
                done.append((f"{words_of(command)} ({status})", begun, log.stat().st_size, depot.promised()))
        finally:
            disks.run("umount", at)
    return before, list(entries(log)), done


def rounds(context, kind):
    """At any moment each machine is served something whole, and what commands that had
    ended have written is there."""
    directory = context.scratch(f"power cut {kind}")
    before, written, done = record(context, kind, directory)
    moments = [end for end, *_ in written if end > done[0][2]]
    disk = directory / "after"
    while context.goes_on():
        is_between = context.random.random() < 0.4
        until = context.random.choice(done)[2] if is_between else context.random.choice(moments)
        last = max(at for at, (_, _, ended, _) in enumerate(done) if ended <= until)
        during = [name for name, begun, ended, _ in done if begun < until < ended]
        what = f"power cut at {until}, during {during}, after {done[last][0]}"
        disks.run("cp", "--sparse=always", before, disk)
        with open(disk, "r+b") as file:
            for place, data in cut(written, until, context.random):
                os.pwrite(file.fileno(), data, place)
        if kind == "btrfs":
            # The kernel still knows the one that was written to, which is newer.
            disks.run("btrfs", "device", "scan", "--forget")
        file_system, options = KINDS[kind]
        with disks.mounted(file_system, directory, disk=disk, options=options) as at:
            depot = Depot(context, at)
            depot.expect_whole(what)
            if not during and (found := depot.promised()) != done[last][3]:
                raise Wrong(f"{what}: {difference(done[last][3], found)}")
            if context.random.random() < 0.3:
                depot.expect_repaired(what)
        yield what
