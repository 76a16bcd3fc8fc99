"""Boot trees with one file changed, and what the check says of them."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

NFS = ["--nfs", "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1"]
# The firmware's files that each board asks for, and the names of its device tree.
BOARDS = json.loads((Path(__file__).resolve().parents[2] / "nix/boards.json").read_text())


class Trial:
    """Trees for one board, of the files of one release."""

    def __init__(self, builder, suite, board, boot):
        self.builder, self.suite, self.board, self.boot = builder, suite, board, boot
        self.tried = 0
        self.wrong = []
        # The name that is asked for, and others that kernels have it under.
        names = BOARDS[board]["deviceTrees"][0]
        self.device_tree = names[0]
        self._make(next(file for name in names if (file := suite.trees / "broadcom" / name).exists()))

    def _make(self, device_tree):
        """What the board asks for."""
        shutil.rmtree(self.boot, ignore_errors=True)
        (self.boot / "overlays").mkdir(parents=True)
        for name in BOARDS[self.board]["firmware"]:
            shutil.copy(self.suite.firmware / name, self.boot)
        shutil.copy(self.suite.kernel, self.boot / "kernel8.img")
        shutil.copy(self.suite.initrd, self.boot / "initrd")
        shutil.copy(device_tree, self.boot / self.device_tree)
        (self.boot / "config.txt").write_text("[all]\narm_64bit=1\ninitramfs initrd followkernel\n")
        (self.boot / "cmdline.txt").write_text("console=serial0,115200 root=/dev/nfs rw\n")

    def check(self, *more):
        """What is found."""
        command = [self.builder, "check", "--format", "json", "--boot", self.boot, "--board", self.board, *more]
        done = subprocess.run(command, stdout=subprocess.PIPE)
        self.tried += 1
        return json.loads(done.stdout)["findings"]

    def same(self, what, expected, found):
        if expected != found:
            self.wrong.append(f"{self.suite.name}, {self.board}, {what}: expected {expected}, found {found}")

    def expect(self, what, codes, *more):
        """Exactly these errors."""
        errors = {finding["code"] for finding in self.check(*NFS, *more) if finding["severity"] == "error"}
        self.same(what, codes, sorted(errors))

    @contextlib.contextmanager
    def changed(self, name, change):
        """The tree with one file changed, and back."""
        file, kept = self.boot / name, self.boot.parent / "kept"
        shutil.copy(file, kept)
        change(file)
        yield
        shutil.copy(kept, file)

    def try_cases(self, cases):
        for name, change, codes in cases:
            with self.changed(name, change):
                self.expect(f"{name} {change.__name__}", codes)

    def boot_loader(self, file):
        """In place of the kernel, without what that one needs."""
        with self.changed("cmdline.txt", removed), self.changed("kernel8.img", replaced_by(file)):
            self.expect(file, [])
            notes = [one["problem"] for one in self.check() if one["code"] == "kernel-boot-loader"]
            self.same(f"that {file} is U-Boot", [True], ["U-Boot 20" in note for note in notes])

    def other_fixup(self):
        """That of another start file."""
        with self.changed("fixup4.dat", replaced_by(self.suite.firmware / "fixup.dat")):
            found = [one["code"] for one in self.check() if one["severity"] != "note" and "firmware" in one["code"]]
            self.same("another fixup4.dat", ["firmware-other-fixup"], found)


def removed(file):
    file.unlink()


def emptied(file):
    file.write_bytes(b"")


def cut_short(file):
    """Behind a kernel of Debian's is its signature."""
    os.truncate(file, file.stat().st_size - 10000)


def replaced_by(source):
    def replaced(file):
        shutil.copy(source, file)

    replaced.__name__ = f"replaced by {source}"
    return replaced


def firmware_cases(board):
    for name in BOARDS[board]["firmware"]:
        yield name, removed, ["boot-missing-firmware"]
        yield name, emptied, ["firmware-damaged"]
        if name.endswith(".elf"):
            yield name, cut_short, ["firmware-damaged"]


def cases(trial):
    """A file, what happens to it, and the errors that say so."""
    made, device_tree = trial.suite.work, trial.device_tree
    another = trial.suite.trees / "broadcom/bcm2837-rpi-cm3-io3.dtb"
    yield "kernel8.img", removed, ["boot-missing-kernel"]
    yield "initrd", removed, ["boot-missing-initrd"]
    yield device_tree, removed, ["boot-missing-device-tree"]
    yield "cmdline.txt", removed, ["boot-missing-command-line"]
    yield "kernel8.img", cut_short, ["kernel-truncated"]
    yield "kernel8.img", replaced_by(made / "kernel.gz"), []
    yield "kernel8.img", replaced_by(made / "cut.gz"), ["kernel-truncated"]
    yield "kernel8.img", replaced_by(trial.suite.initrd), ["kernel-unrecognised"]
    yield "initrd", cut_short, ["initrd-unreadable"]
    yield device_tree, cut_short, ["device-tree-invalid"]
    yield device_tree, replaced_by(another), ["device-tree-other-board"]
    yield "initrd", replaced_by(made / "no-version"), ["initrd-no-nfs-version"]
    yield "initrd", replaced_by(made / "no-driver"), ["initrd-no-network-driver"]
    yield "initrd", replaced_by(made / "no-init"), ["initrd-no-init"]
    yield "initrd", replaced_by(made / "empty-init"), ["initrd-no-init"]
    yield "initrd", replaced_by(made / "no-shell"), ["initrd-no-init"]
    if not os.uname().machine.startswith("a"):
        yield "initrd", replaced_by(made / "foreign"), ["initrd-other-machine"]
    for file in sorted(made.glob("other-*")):
        yield "initrd", replaced_by(file), ["initrd-other-kernel"]
