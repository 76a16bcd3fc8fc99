"""The boot loader of a board on the root of an image, with systems as Nix builds them.

What it writes is read as the boards read it. tests/loader/run has the script by itself.
"""

import os
import shutil
import subprocess

from project import root_of
from setting import Wrong, attempt


def updates(setting):
    setting.step("Generations on a board's own root")
    setting.build("systemd", "parameters", "board-rpi5")
    one, two = (system_of(setting, name) for name in ["systemd", "parameters"])
    board = Board(setting, "systemd")
    setting.holds(not (board.boot / "g1").exists(), "the image has directories of generations")
    flat = (board.boot / "cmdline.txt").read_text()
    board.install(one)
    setting.same("the first generation's command line", flat, (board.boot / "g1/cmdline.txt").read_text())
    board.has_booted("rpi4", "g1/", "net.ifnames=0")
    board.add(2, two)
    board.install(two)
    board.has_booted("rpi4", "g2/", "console=serial0,115200")
    board.point(1)
    board.install(one)
    board.has_booted("rpi4", "g1/", "net.ifnames=0")

    pi5 = system_of(setting, "board-rpi5")
    board = Board(setting, "board-rpi5")
    board.install(pi5)
    board.has_booted("rpi5", "g1/", "root=fstab")


def off(setting):
    """No switch passes over it in silence."""
    setting.step("The boot loader where it is off")
    script = built(setting, "switch-off", "installBootLoader")
    for action, status in [("switch", 0), ("boot", 1)]:
        done = attempt("bash", script, "/nix/store/any", env=os.environ | {"NIXOS_ACTION": action})
        setting.same(f"exit status of {action}", status, done.returncode)
        said = "boot.loader.netimage.enable = true;" in done.stderr
        setting.holds(said, f"{action} does not say what to set", done.stderr)


def system_of(setting, name):
    return built(setting, name, "toplevel")


def built(setting, name, part):
    """A part of a configuration's system.build, as a path."""
    output = f"{setting.tests}#nixosConfigurations.{name}.config.system.build.{part}"
    return setting.offline("build", output, *setting.of_tests, "--no-link", "--print-out-paths").strip()


class Board:
    """The root of an image, as the board has it."""

    def __init__(self, setting, name):
        self.setting = setting
        self.root = setting.work / "board"
        if self.root.exists():
            subprocess.run(["chmod", "-R", "u+w", self.root], check=True)
            shutil.rmtree(self.root)
        subprocess.run(["cp", "-a", "--reflink=auto", root_of(setting.results / name), self.root], check=True)
        subprocess.run(["chmod", "-R", "u+w", self.root], check=True)
        self.boot = self.root / "boot/firmware"
        self.profile = self.root / "nix/var/nix/profiles/system"

    def add(self, number, system):
        """As nix copy and nix-env --set do."""
        self.setting.offline("copy", "--no-check-sigs", "--to", self.root, system)
        self.profile.with_name(f"system-{number}-link").symlink_to(system)
        self.point(number)

    def point(self, number):
        self.profile.unlink()
        self.profile.symlink_to(f"system-{number}-link")

    def install(self, system):
        """As switch does, of a board that came up in what config.txt named."""
        script = self.setting.repository / "nix/module/loader.sh"
        places = ["-b", self.boot, "-p", self.profile, "-r", self.root / "run/netimage"]
        shutil.rmtree(self.root / "run/netimage", ignore_errors=True)
        line = self.boot / self.prefix() / "cmdline.txt"
        done = attempt("bash", script, *places, "-c", line, system)
        if done.returncode:
            raise Wrong(f"loader.sh {system} fails", done.stderr)

    def prefix(self):
        second = (self.boot / "config.txt").read_text().splitlines()[1]
        return second.removeprefix("os_prefix=") if second.startswith("os_prefix=") else ""

    def has_booted(self, board, prefix, parameter):
        """The board finds all of it, with the directory before its names."""
        builder, setting = self.setting.builder, self.setting
        setting.same("os_prefix", prefix, self.prefix())
        checked = attempt(builder, "check", "--board", board, "--boot", self.boot, "--root", self.root)
        said = checked.stdout + checked.stderr
        setting.same(f"what a check for {board} ends with\n{said}", 0, checked.returncode)
        asked = attempt(builder, "requests", "--board", board, self.boot).stdout
        for name in ["kernel8.img", "initrd", "cmdline.txt", "overlays/README"]:
            setting.holds(f"{prefix}{name}" in asked, f"{board} does not ask for {prefix}{name}", asked)
        line = (self.boot / prefix / "cmdline.txt").read_text()
        setting.holds(parameter in line, f"the command line lacks {parameter}: {line}")
        for name in os.listdir(self.boot / prefix):
            target = self.boot / name
            if name != "config.txt":
                setting.holds(target.exists(), f"beside config.txt there is no {name}")
