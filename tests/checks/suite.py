"""The kernel, device trees and firmware of a Debian release, and initrds with its modules."""

import os
import shutil
import subprocess

DRIVERS = ["genet", "broadcom", "mdio-bcm-unimac", "smsc95xx", "lan78xx", "dwc2", "macb", "nfs", "nfsv4"]


class Unavailable(Exception):
    """The packages of a release cannot be fetched."""


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


class Suite:
    """Where the files of a release are, and what is made of them in `work`."""

    def __init__(self, name, repository, target, work):
        self.name, self.work = name, work / name
        self.script = repository / "tests/setup/debian-files.sh"
        place = target / "debian-files"
        self.files = self._fetch(place / f"{name}-arm64", "linux-image-arm64", "raspi-firmware", "u-boot-rpi")
        others = self._fetch(place / f"{name}-arm64-busybox", "busybox-static")
        self.busybox = next(file for file in others.rglob("bin/busybox") if file.is_file())
        own = next(self.files.rglob("lib/modules/*/modules.builtin")).parent
        self.release = own.name
        self.kernel, self.trees = own / "vmlinuz", own / "dtb"
        if not self.kernel.exists():
            self.kernel = self.files / f"boot/vmlinuz-{self.release}"
            self.trees = self.files / f"usr/lib/linux-image-{self.release}"
        self.firmware = self.files / "usr/lib/raspi-firmware"
        self._list_modules(own)
        self.initrd = self.work / "initrd"

    def _fetch(self, directory, *packages):
        environment = os.environ | {"ARCHITECTURE": "arm64"}
        if subprocess.run([self.script, self.name, directory, *packages], env=environment).returncode:
            raise Unavailable(f"the files of {self.name} cannot be fetched")
        return directory

    def _list_modules(self, own):
        """A root in which modprobe finds them."""
        self.modules = self.work / "modules"
        (self.modules / "lib/modules").mkdir(parents=True)
        run("cp", "-rs", own, self.modules / "lib/modules/")
        self.depmod(self.modules)

    def depmod(self, root):
        run("depmod", "-b", root, self.release, stderr=subprocess.DEVNULL)

    def has(self, module):
        """Whether the kernel has it as a module."""
        return any(self.modules.rglob(f"{module}.ko*"))

    def needed(self, module):
        """The files of a module and of all that it needs, below a root."""
        command = ["modprobe", "-d", self.modules, "-S", self.release, "--show-depends", module]
        shown = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        paths = [line.split()[1] for line in shown.splitlines() if line.startswith("insmod ")]
        return [path.removeprefix(str(self.modules)).lstrip("/") for path in paths]

    def make_initrd(self, file, modules):
        """An init, the modules and all that they need."""
        tree = self.work / "tree"
        lists = tree / "lib/modules" / self.release
        (tree / "bin").mkdir(parents=True)
        lists.mkdir(parents=True)
        shutil.copy(self.busybox, tree / "bin/sh")
        (tree / "init").write_text("#!/bin/sh\n")
        (tree / "init").chmod(0o755)
        for path in {path for module in modules for path in self.needed(module)}:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.modules / path, tree / path)
        for name in ["modules.order", "modules.builtin"]:
            shutil.copy(self.modules / "lib/modules" / self.release / name, lists)
        self.depmod(tree)
        pack(tree, file)
        shutil.rmtree(tree)

    def alter_initrd(self, file, change):
        """The whole initrd, changed by a function of the directory that it is unpacked in."""
        tree = self.work / "altered"
        tree.mkdir()
        run("sh", "-c", 'zstd -dqc "$1" | cpio --quiet -idm', "sh", self.initrd, cwd=tree)
        change(tree)
        pack(tree, file)
        shutil.rmtree(tree)

    def other_release(self, pack_module):
        """A change that makes a module one for another release, packed by a command."""

        def change(tree):
            module = next(tree.rglob("sunrpc.ko*"))
            if module.suffix == ".xz":
                run("xz", "-d", module)
                module = module.with_suffix("")
            module.write_bytes(module.read_bytes().replace(b"vermagic=6.", b"vermagic=5."))
            run(*pack_module, module)
            self.depmod(tree)

        return change


def pack(tree, file):
    with open(file, "wb") as out:
        run("sh", "-c", "find . | cpio --quiet -o -H newc | zstd -q -3", cwd=tree, stdout=out)
