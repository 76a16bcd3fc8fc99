"""Makes what images are built from, in a directory that is to be a root: nix/store, and
in work/ a registration and a spec of each image.

Usage: images.py make ROOT
       images.py database ROOT/work/IMAGE

The second puts a Nix database into an image that was built, which is none but looks like
one from outside.
"""

import hashlib
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))
from closure import nar_of, nar_text  # noqa: E402

# What a check has against boot files that are placeholders.
OF_PLACEHOLDERS = [
    "command-line-root", "device-tree-invalid", "firmware-damaged", "kernel-unrecognised",
    "store-database-broken", "toplevel-no-kernel",
]  # fmt: skip
DATABASE = "nix/var/nix/db"
BIG_FILES, BIG_FILE = 24, 1_000_000


def name_of(number, name):
    return f"{number:032d}-{name}"


LIB, BIG_LIB = name_of(1, "lib"), name_of(2, "big")


def toplevel(store, number):
    name = name_of(number, "toplevel")
    (store / name).mkdir()
    init = store / name / "init"
    init.write_text(f"#!/nix/store/{LIB}/tool\n# {number}\n")
    init.chmod(0o755)
    return name


def register(store, entries):
    text = ""
    for name, references in entries:
        nar = nar_text("nix-archive-1") + nar_of(store / name)
        paths = "".join(f"/nix/store/{reference}\n" for reference in references)
        text += f"/nix/store/{name}\n{hashlib.sha256(nar).hexdigest()}\n{len(nar)}\n\n"
        text += f"{len(references)}\n{paths}"
    return text


def spec(top, kernel, **more):
    texts = {
        "config.txt": "arm_64bit=1\n", "kernel8.img": f"kernel {kernel}", "start4.elf": "start",
        "fixup4.dat": "fixup", "bcm2711-rpi-4-b.dtb": "tree", "overlays/README": "overlays",
    }  # fmt: skip
    files = [{"target": target, "text": text} for target, text in texts.items()]
    return {
        "version": 1, "name": "image", "rootDirectoryName": "image-1", "system": "aarch64-linux",
        "toplevel": f"/nix/store/{top}", "rootKind": "shared",
        "nfs": "192.0.2.1:/depot/store,vers=4.1,ro", "boards": ["rpi4"],
        "commandLine": ["root=fstab", "console=tty1"], "allow": OF_PLACEHOLDERS,
        "boot": {"files": files}, **more,
    }  # fmt: skip


def make(root):
    store, work = root / "nix/store", root / "work"
    lib = store / LIB
    (lib / "deep/empty").mkdir(parents=True)
    (lib / "data").write_text("data " * 30_000)
    (lib / "it's a name").write_text("")
    (lib / "tool").write_text("#!/bin/sh\n")
    (lib / "tool").chmod(0o755)
    (lib / "dangling").symlink_to("/nonexistent")
    big = store / BIG_LIB
    big.mkdir()
    numbers = random.Random(1)
    for number in range(BIG_FILES):
        (big / f"{number:02d}").write_bytes(numbers.randbytes(BIG_FILE))
    own = "192.0.2.1:/depot/own-roots/pi3,vers=4.1"
    for number, (image, more) in enumerate(
        [("one", {}), ("two", {}), ("own", {"rootKind": "own", "nfs": own})], start=3
    ):
        top = toplevel(store, number)
        entries = [(LIB, []), (BIG_LIB, []), (top, [LIB, BIG_LIB])]
        (work / f"{image}.registration").write_text(register(store, entries))
        (work / f"{image}.json").write_text(json.dumps(spec(top, image, **more)))


def add_database(image):
    path = image / "net-image/manifest.json"
    manifest = json.loads(path.read_text())
    directory = image / "net-image/os/image-1" / DATABASE
    directory.mkdir(parents=True)
    for name, text in [("db.sqlite", "database"), ("schema", "10")]:
        (directory / name).write_text(text)
        manifest["root"].append({
            "name": f"{DATABASE}/{name}", "type": "file", "executable": False,
            "sha256": hashlib.sha256(text.encode()).hexdigest(), "size": len(text),
        })  # fmt: skip
    path.write_text(json.dumps(manifest))


if __name__ == "__main__":
    {"make": make, "database": add_database}[sys.argv[1]](Path(sys.argv[2]))
