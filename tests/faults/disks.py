"""Disks that are full, that lose what was written, and whose power fails."""

import contextlib
import copy
import os
import shutil
import signal
import subprocess
import time

from place import Place, Wrong

MIB = 1 << 20

# What makes each, and the smallest size that it allows, in MiB.
MAKE = {
    "tmpfs": ([], 64),
    "ext4": (["mkfs.ext4", "-q", "-F", "-m", "0"], 64),
    "xfs": (["mkfs.xfs", "-q", "-f"], 320),
    # Mixed, so that what is free is known.
    "btrfs": (["mkfs.btrfs", "-q", "-f", "--mixed"], 64),
}


def available(kind):
    make, _ = MAKE[kind]
    return not make or (shutil.which(make[0]) is not None and kind in known())


def known():
    with open("/proc/filesystems") as list:
        names = {line.split()[-1] for line in list}
    # A module may bring it.
    return names | {kind for kind in MAKE if subprocess.run(
        ["modprobe", "-nq", kind], stderr=subprocess.DEVNULL).returncode == 0}  # fmt: skip


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong(f"{command}: {done.stderr}")


@contextlib.contextmanager
def mounted(kind, directory, size=None, disk=None, options="defaults"):
    """A file system of its own; `disk` is one that is there."""
    make, least = MAKE[kind]
    at = directory / "mnt"
    at.mkdir(parents=True, exist_ok=True)
    if kind == "tmpfs":
        run("mount", "-t", "tmpfs", "-o", f"size={size or least}M", "tmpfs", at)
    else:
        if disk is None:
            disk = directory / "disk"
            disk.unlink(missing_ok=True)
            with open(disk, "wb") as file:
                file.truncate((size or least) * MIB)
            run(*make, disk)
        run("mount", "-o", f"loop,{options}", disk, at)
    try:
        yield at
    finally:
        for _ in range(50):
            if subprocess.run(["umount", at], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            run("umount", "-l", at)


def full(context, kind):
    """A full disk is told, and what was written is gone again."""
    closure, small = context.closure(3000 if context.long else 800), context.closure(12)
    directory = context.scratch(f"full {kind}")
    (directory / "tmp").mkdir(parents=True, exist_ok=True)
    size = MAKE[kind][1] * (2 if context.long else 1)

    def place_at(at, closure):
        place = Place(context.program, closure, at)
        place.temporary = directory / "tmp"
        return place

    needed = measure(kind, directory, size, place_at, closure)
    while context.goes_on():
        with mounted(kind, directory, size) as at:
            place = place_at(at, closure)
            replaces = context.random.random() < 0.3
            if replaces:
                place_at(at, small).build("old")
            share = context.random.uniform(0, 0.95)
            fill(at, needed * share)
            status, text = place.run(place.arguments("new", *(["--force"] if replaces else [])))
            what = f"{kind} with {share:.2f} of {needed} bytes, status {status}"
            if status == 0:
                place.expect({"new"}, what)
            elif "No space left on device" not in text or "could not be removed" in text:
                raise Wrong(f"{what}: {text}")
            else:
                place.expect({"old"} if replaces else {None}, what)
            place.expect_nothing_left(what)
        yield what


def measure(kind, directory, size, place_at, closure):
    """The bytes that an image takes."""
    with mounted(kind, directory, size) as at:
        free = os.statvfs(at).f_bavail
        place_at(at, closure).build("new")
        run("sync", "-f", at)
        stat = os.statvfs(at)
        return (free - stat.f_bavail) * stat.f_frsize


def fill(at, free):
    def room():
        stat = os.statvfs(at)
        return stat.f_bavail * stat.f_frsize

    ballast = at / "ballast"
    ballast.mkdir()
    for number, piece in enumerate((16 * MIB, MIB, 1 << 16)):
        # It may be full before it says so, of names, too.
        with contextlib.suppress(OSError), open(ballast / str(number), "wb", buffering=0) as file:
            while room() >= free + piece:
                file.write(bytes(piece))
                os.fsync(file.fileno())


def power(context):
    """When a build has ended, its image survives a power cut; before, the old one does.

    The disk is copied while the build stands still: all that it was given by then. The
    file system itself writes nothing meanwhile, as it would only after minutes.
    """
    closure, directory = context.closure(60), context.scratch("power")
    while context.goes_on():
        with mounted("ext4", directory, options="commit=300") as at:
            place = Place(context.program, closure, at)
            place.build("old")
            run("sync", "-f", at)
            ends = context.random.random() < 0.5
            build = subprocess.Popen(
                place.arguments("new", "--force"), env=place.environment(),
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            delay = context.random.uniform(0, 1)
            if ends:
                if build.wait() != 0:
                    raise Wrong("a build that nothing disturbs fails")
            else:
                time.sleep(delay)
                build.send_signal(signal.SIGSTOP)
                time.sleep(0.1)
            snapshot = directory / "snapshot"
            run("cp", "--sparse=always", directory / "disk", snapshot)
            has_ended = build.poll() is not None
            build.send_signal(signal.SIGCONT)
            build.wait()
        with mounted("ext4", directory, disk=snapshot) as at:
            after = Place(context.program, closure, at)
            what = f"power cut {'after the end' if has_ended else f'after {delay:.3f} s'}"
            after.expect({"new"} if ends else {"old", "new"}, what)
            after.clean()
            after.expect_nothing_left(f"{what}, then cleaned")
        yield what


def lost(context):
    """A disk that loses what it was given fails the build, though another saw the error first."""
    directory = context.scratch("lost")
    closure = copy.copy(context.closure(60))
    with mounted("tmpfs", directory / "below", size=8) as below:
        disk, ballast = below / "disk", below / "ballast"
        with open(disk, "wb") as file:
            file.truncate(64 * MIB)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", disk)
        with mounted("ext4", directory, disk=disk, options="errors=continue") as at:
            place = Place(context.program, closure, at)
            place.temporary = directory / "tmp"
            place.temporary.mkdir(exist_ok=True)
            run("sync", "-f", at)
            # What lies below is full, until the store is written and lost.
            with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 12))
            closure.nix_store = directory / "nix-store"
            closure.nix_store.write_text(
                f"""#!/bin/sh
sync -f '{at}' && echo 'nothing was lost' >&2 && exit 1
rm '{ballast}'
exec '{context.closure(60).nix_store}' "$@"
"""
            )
            closure.nix_store.chmod(0o755)
            status, text = place.run(place.arguments("new"))
            if status == 0:
                raise Wrong("status 0, though the disk lost what was written")
            # Which of the two depends on what the kernel tried to write first.
            told = "Input/output error" in text or "No space left on device" in text
            if "write to the disk" not in text or not told:
                raise Wrong(f"the disk's error is not told: {text}")
            place.expect_nothing_left("what was lost")
    yield "a disk that loses what it was given"
