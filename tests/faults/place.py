"""A directory that images are built in, and what has to be true of it afterwards."""

import json
import os
import shutil
import subprocess
from pathlib import Path


class Wrong(Exception):
    """What a round found."""


class Place:
    """`directory/out` holds the image, `directory/tmp` the temporary files."""

    def __init__(self, program, closure, directory):
        self.program, self.closure = program, closure
        self.out, self.temporary = directory / "out", directory / "tmp"
        for path in (self.out, self.temporary):
            path.mkdir(parents=True, exist_ok=True)
        self.image = self.out / "image"

    def environment(self):
        return os.environ | {"TMPDIR": str(self.temporary), "LC_ALL": "C"}

    def arguments(self, name, *more):
        return list(map(str, [self.program, *self.closure.build(name, self.image, *more)]))

    def run(self, command, timeout=120):
        """Its status and what it said."""
        done = subprocess.run(
            list(map(str, command)), env=self.environment(), timeout=timeout,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(errors="replace")

    def build(self, name, *more):
        status, text = self.run(self.arguments(name, *more))
        if status != 0:
            raise Wrong(f"a build that nothing disturbs fails: {text}")

    def clean(self):
        status, text = self.run([self.program, "clean", self.out])
        if status != 0:
            raise Wrong(f"clean fails: {text}")

    def found(self):
        """Which image is there, proved whole; None where there is none."""
        if not self.image.exists():
            return None
        status, text = self.run([self.program, "verify", self.image])
        if status != 0:
            raise Wrong(f"the image is not whole: {text}")
        return json.loads((self.image / "net-image/manifest.json").read_text())["name"]

    def left(self):
        """What lies beside the image, by its names."""
        names = [self.out / name for name in os.listdir(self.out)]
        names += [self.temporary / name for name in os.listdir(self.temporary)]
        return sorted(str(name) for name in names if name not in (self.image, self.out / "lost+found"))

    def expect(self, allowed, what):
        found = self.found()
        if found not in allowed:
            raise Wrong(f"{what}: {found} image, expected one of {allowed}")
        return found

    def expect_nothing_left(self, what):
        if left := self.left():
            raise Wrong(f"{what}: left {left}")

    def empty(self):
        for directory in (self.out, self.temporary):
            for name in os.listdir(directory):
                if name != "lost+found":
                    remove(directory / name)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def processes_of(marker):
    """The processes whose command lines name `marker`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(marker).encode() in words and process.name != str(os.getpid()):
            found.append(int(process.name))
    return found
