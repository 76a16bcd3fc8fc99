"""A board with a root of its own: what TFTP serves for it, its profile, its store."""

import os
import re
import shutil
import subprocess
from pathlib import Path

LOADER = Path(__file__).resolve().parents[2] / "nix/module/loader.sh"
PARTS = ["kernel8.img", "initrd", "bcm2711-rpi-4-b.dtb"]
CONFIG = """[all]
kernel=kernel8.img
initramfs initrd followkernel
cmdline=cmdline.txt
"""
# Before each program that changes something: at the one whose turn it is, the shell
# that called it is killed, or the program first does its work.
COUNTED = """#!/bin/bash
read -r count kill_at when <"$COUNT"
echo "$((count + 1)) $kill_at $when" >"$COUNT"
program=$REAL/${0##*/}
if ((count + 1 == kill_at)); then
  [[ $when == before ]] || "$program" "$@"
  kill -KILL "$PPID"
  exit
fi
exec "$program" "$@"
"""
CHANGING = ["cp", "mv", "ln", "rm", "mkdir", "sync"]


class Board:
    def __init__(self, place):
        self.place = place
        self.boot = place / "boot firmware"
        self.store = place / "store"
        self.profile = place / "profiles/system"
        for directory in [self.boot, self.store, self.profile.parent]:
            directory.mkdir(parents=True)
        self.command_line = place / "cmdline"

    def system(self, name, files=None, config=CONFIG, parameters="root=fstab", firmware="firmware"):
        """A toplevel, as nix/module/loader.nix makes one."""
        system = self.store / f"{name}-nixos-system-pi"
        netimage = system / "netimage"
        texts = {part: f"{part} of {name}\n" for part in PARTS}
        texts |= {"overlays/README": "overlays\n", f"overlays/{name}.dtbo": name} | (files or {})
        for file, text in texts.items():
            write(netimage / "files" / file, text)
        write(netimage / "firmware/start4.elf", firmware)
        write(netimage / "image-config.txt", f"# of an image\n{config}")
        write(netimage / "config.txt", config)
        write(netimage / "command-line", f"{parameters}\n")
        return system

    def generation(self, number, system):
        """Makes it the profile's own one, as nixos-rebuild does before it switches."""
        link = Path(f"{self.profile}-{number}-link")
        if not link.is_symlink():
            link.symlink_to(system)
        self.point(number)

    def point(self, number):
        self.profile.unlink(missing_ok=True)
        self.profile.symlink_to(f"{self.profile.name}-{number}-link")

    def forget(self, number):
        Path(f"{self.profile}-{number}-link").unlink()

    def image(self, system):
        """What an image of it has, and the board up in it."""
        netimage = system / "netimage"
        shutil.copytree(netimage / "files", self.boot, dirs_exist_ok=True)
        shutil.copytree(netimage / "firmware", self.boot, dirs_exist_ok=True)
        shutil.copy(netimage / "image-config.txt", self.boot / "config.txt")
        write(self.boot / "cmdline.txt", f"init={system}/init root=fstab\n")
        self.reboot()

    def reboot(self):
        """The running system is the one that config.txt names, and /run is empty."""
        line = (self.boot / self.prefix() / "cmdline.txt").read_text()
        self.started(line)

    def started(self, line):
        self.command_line.write_text(f"coherent_pool=1M console=ttyS0 {line.strip()} vc_mem=1\n")
        shutil.rmtree(self.place / "run", ignore_errors=True)

    def prefix(self):
        named = re.match(r"\[all\]\nos_prefix=(.*/)\n", (self.boot / "config.txt").read_text())
        return named.group(1) if named else ""

    def boots(self, prefix=None):
        """The system that a board gets, all of its files of that one system."""
        files = self.boot / (self.prefix() if prefix is None else prefix)
        names = {(files / part).read_text().split(" of ")[1].strip() for part in PARTS}
        init = re.search(r"\binit=\S*/(\S*)-nixos-system-pi/init\b", (files / "cmdline.txt").read_text())
        names.add(init.group(1))
        assert len(names) == 1, f"a mixture: {names}"
        name = names.pop()
        assert (files / "overlays" / f"{name}.dtbo").read_text() == name, "overlays of another"
        assert (files / "overlays/README").exists(), "no overlays/README"
        return name

    def directories(self):
        return sorted(path.name for path in self.boot.iterdir() if re.fullmatch("g[0-9-]+", path.name))

    def switch(self, system, *options, action="switch", expect=0, **environment):
        """Runs the loader as switch-to-configuration does, and gives what it says."""
        done = self.run(system, *options, NIXOS_ACTION=action, **environment)
        assert done.returncode == expect, f"exit status {done.returncode}: {done.stderr}"
        return done.stderr

    def run(self, system, *options, **environment):
        places = ["-b", self.boot, "-p", self.profile, "-c", self.command_line]
        places += ["-r", self.place / "run", "-e", "/srv/pi"]
        return subprocess.run(
            ["bash", LOADER, *places, *options, system],
            env={"PATH": os.environ["PATH"]} | environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed(self, system, at, when):
        """Runs it until the step `at`. Whether it came so far."""
        programs = self.place / "programs"
        if not programs.exists():
            programs.mkdir()
            for name in CHANGING:
                write(programs / name, COUNTED)
                (programs / name).chmod(0o755)
        count = self.place / "count"
        count.write_text(f"0 {at} {when}\n")
        real = os.path.dirname(shutil.which("cp"))
        done = self.run(system, COUNT=str(count), REAL=real, PATH=f"{programs}:{os.environ['PATH']}")
        assert done.returncode in [0, -9], done.stderr
        return done.returncode != 0


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
