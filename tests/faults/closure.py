"""A closure of many small store paths, its spec, and a stand-in for nix-store."""

import hashlib
import json
import os
import random
import sqlite3
from pathlib import Path

ROOT = "image-1"
FILES = 3


def nar_text(*parts):
    text = b""
    for part in parts:
        part = part if isinstance(part, bytes) else part.encode()
        text += len(part).to_bytes(8, "little") + part + bytes(-len(part) % 8)
    return text


def nar_of(path):
    if path.is_symlink():
        return nar_text("(", "type", "symlink", "target", os.readlink(path), ")")
    if path.is_dir():
        entries = b"".join(
            nar_text("entry", "(", "name", name, "node") + nar_of(path / name) + nar_text(")")
            for name in sorted(os.listdir(path))
        )
        return nar_text("(", "type", "directory") + entries + nar_text(")")
    executable = ("executable", "") if path.stat().st_mode & 0o100 else ()
    contents = path.read_bytes()
    return nar_text("(", "type", "regular", *executable, "contents", contents, ")")


class Closure:
    """Store paths below `directory`, and what a build of them is given.

    The images `old` and `new` are of the same store, and differ in name and boot files.
    """

    def __init__(self, directory, paths, seed):
        self.directory = directory
        self.store = directory / "store"
        self.store.mkdir(parents=True)
        numbers = random.Random(seed)
        registration = []
        for number in range(paths):
            name = f"{number:032d}-path"
            for file in range(FILES):
                below = self.store / name / f"share/{file}"
                below.mkdir(parents=True)
                (below / "data").write_bytes(numbers.randbytes(numbers.randrange(1, 6000)))
            nar = nar_text("nix-archive-1") + nar_of(self.store / name)
            registration.append(
                f"/nix/store/{name}\n{hashlib.sha256(nar).hexdigest()}\n{len(nar)}\n\n0\n"
            )
        (directory / "registration").write_text("".join(registration))
        self.firmware = directory / "firmware"
        self.firmware.mkdir()
        (self.firmware / "kernel8.img").write_bytes(numbers.randbytes(200_000))
        for name in ("old", "new"):
            (directory / f"{name}.json").write_text(json.dumps(spec(name, self.firmware)))
        self.nix_store = stand_in(directory)

    def build(self, name, out, *more):
        """The arguments of a build, after the program."""
        return [
            "build", "--spec", self.directory / f"{name}.json",
            "--registration", self.directory / "registration",
            "--real-store-dir", self.store, "--jobs", "2",
            "--nix-store", self.nix_store, "--sqlite3", "true",
            "--out", out, *more,
        ]  # fmt: skip


def spec(name, firmware):
    return {
        "version": 1,
        "name": name,
        "rootDirectoryName": ROOT,
        "system": "x86_64-linux",
        "nfs": "192.0.2.1:/srv/nfs,vers=4.1",
        "boot": {
            "files": [{"target": "config.txt", "text": f"# {name}\narm_64bit=1\n"}],
            "directories": [str(firmware)],
        },
        "nixDatabase": True,
    }


def stand_in(directory):
    """Takes a while, as the real one does, and leaves a database of no paths."""
    database = directory / "db.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE ValidPaths (registrationTime INTEGER)")
    script = directory / "nix-store"
    script.write_text(
        f"""#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in --store) root=$2 ;; esac
  shift
done
cat >"$root/input"
sleep 0.05
mkdir -p "$root/nix/var/nix/db"
printf 10 >"$root/nix/var/nix/db/schema"
cp "{database}" "$root/nix/var/nix/db/db.sqlite"
rm "$root/input"
"""
    )
    script.chmod(0o755)
    return script
