"""The file systems that are written to."""

import contextlib
import os
import subprocess

# More than a round writes; what is not written takes no room.
LOOP_BYTES = 48 << 30
MAKE = {
    "xfs": ["mkfs.xfs", "-q", "-f", "-m", "reflink=1"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
    "ext4": ["mkfs.ext4", "-q", "-F"],
}
TITLES = {
    "tmpfs": "in memory (tmpfs)",
    "disk": "on the disk",
    "ext4": "on a new ext4",
    "xfs": "on a new xfs",
    "btrfs": "on a new btrfs",
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Place:
    """A directory, on a file system of its own unless it is the disk."""

    def __init__(self, name, directory):
        self.name, self.directory, self.device = name, directory, None
        self.image = f"{directory}.img"

    def open(self):
        os.makedirs(self.directory, exist_ok=True)
        if self.name == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", "size=95%,nr_inodes=0", "netimage", self.directory)
        elif self.name != "disk":
            run("truncate", "-s", str(LOOP_BYTES), self.image)
            run(*MAKE[self.name], self.image)
            self.device = run("losetup", "--find", "--show", self.image)
            run("mount", self.device, self.directory)

    def close(self):
        if self.name != "disk":
            subprocess.run(["umount", "--lazy", self.directory], check=False, capture_output=True)
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], check=False)
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.image)

    def renew(self):
        """An empty file system again: one that has freed much is another."""
        self.close()
        self.open()

    @property
    def settled(self):
        """What is synced within the measured time: nothing in memory."""
        return None if self.name == "tmpfs" else self.directory

    def sectors(self):
        """512-byte sectors that were written to the device of a loop mount."""
        with open(f"/sys/class/block/{os.path.basename(self.device)}/stat", encoding="ascii") as stat:
            return int(stat.read().split()[6])


@contextlib.contextmanager
def place(name, work):
    """A place for a while."""
    made = Place(name, os.path.join(work, "places", name))
    try:
        made.open()
        yield made
    finally:
        made.close()
