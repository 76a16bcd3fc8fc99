"""The file systems that are written to."""

import contextlib
import os
import subprocess

# Small enough to be made anew for each closure, large enough for the original.
LOOP_BYTES = 24 << 30
MAKE = {
    "xfs": ["mkfs.xfs", "-q", "-f", "-m", "reflink=1"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
    "ext4": ["mkfs.ext4", "-q", "-F"],
}
TITLES = {"tmpfs": "memory (tmpfs)", "disk": "the disk", "xfs": "xfs", "btrfs": "btrfs", "ext4": "ext4"}


class Place:
    def __init__(self, name, directory, device=None):
        self.name, self.directory, self.device = name, directory, device

    @property
    def settled(self):
        """What is synced within the measured time: nothing in memory."""
        return None if self.name == "tmpfs" else self.directory

    def renew(self):
        """An empty file system again: one that has freed much is another."""
        run("umount", self.directory)
        run(*MAKE[self.name], self.device)
        run("mount", self.device, self.directory)

    def sectors(self):
        """512-byte sectors that were written to the device of a loop mount."""
        with open(f"/sys/class/block/{os.path.basename(self.device)}/stat", encoding="ascii") as stat:
            return int(stat.read().split()[6])


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def place(name, work):
    """A directory on a file system of its own, or on that of the work directory."""
    directory = os.path.join(work, "places", name)
    os.makedirs(directory, exist_ok=True)
    if name == "disk":
        yield Place(name, directory)
        return
    image, device = f"{directory}.img", None
    try:
        if name == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", "size=95%", "netimage", directory)
        else:
            run("truncate", "-s", str(LOOP_BYTES), image)
            run(*MAKE[name], image)
            device = run("losetup", "--find", "--show", image)
            run("mount", device, directory)
        yield Place(name, directory, device)
    finally:
        subprocess.run(["umount", "--lazy", directory], check=False, capture_output=True)
        if device:
            subprocess.run(["losetup", "--detach", device], check=False)
        with contextlib.suppress(FileNotFoundError):
            os.remove(image)
