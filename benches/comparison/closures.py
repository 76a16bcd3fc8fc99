"""The closures that are compared, and where they lie.

A closure is a directory with nix/store, nix/registration (the text of
`nix-store --dump-db`) and, with a Nix at hand, the database of a Nix store.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, "../../tests")
# How each is made, from which file, and with which arguments.
KINDS = {
    "debian": ("the Debian packages of this machine", "debian/packages.py", ["--most", "1600000000"]),
    "nixos": ("the shape of a NixOS system", None, []),
    "generations": ("two generations of the shape of a NixOS system", None, ["--changed", "60"]),
    "paths": ("20 000 store paths of three files", "scale/generate.py", ["60000", "20000"]),
    "small": ("1 000 000 small files", "scale/generate.py", ["1000000", "20000"]),
    "ten": ("10 000 small files", "scale/generate.py", ["10000", "200"]),
    "few": ("200 store paths of three files", "scale/generate.py", ["600", "200"]),
    "tiny": ("a sixtieth of the shape of a NixOS system", None, ["--paths", "20", "--firmware", "12000000"]),
    "tiny-generations": (
        "a sixtieth of two generations of the shape of a NixOS system",
        None,
        ["--paths", "20", "--firmware", "12000000", "--changed", "1"],
    ),
}


@dataclass
class Closure:
    kind: str
    directory: str
    # Base names with their NAR sizes in bytes, as registered.
    sizes: dict

    @property
    def title(self):
        return KINDS[self.kind][0]

    @property
    def store(self):
        return os.path.join(self.directory, "nix/store")

    @property
    def registration(self):
        return os.path.join(self.directory, "nix/registration")

    @property
    def last(self):
        """The path that refers, through others, to all."""
        return "/nix/store/" + list(self.sizes)[-1]

    def count(self):
        """Files and links, directories, and the bytes of the files."""
        files = directories = size = 0
        pending = [self.store]
        while pending:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.name == ".links":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        directories += 1
                        pending.append(entry.path)
                    else:
                        files += 1
                        if not entry.is_symlink():
                            size += entry.stat().st_size
        return files, directories, size

    def at(self, directory):
        """The same closure, on another file system."""
        return Closure(self.kind, directory, self.sizes)

    def copy(self, parent):
        """Copies it, without store paths that are another generation's."""
        there = self.at(os.path.join(parent, "closure"))
        subprocess.run(["cp", "-a", self.directory, there.directory], check=True)
        others = set(os.listdir(there.store)) - set(self.sizes) - {".links"}
        subprocess.run(["rm", "-rf", *(os.path.join(there.store, name) for name in others)], check=True)
        return there


def registered(file):
    sizes, lines = {}, iter(open(file, encoding="ascii").read().splitlines())
    for path in lines:
        _, size, _, references = (next(lines) for _ in range(4))
        sizes[os.path.basename(path)] = int(size)
        for _ in range(int(references)):
            next(lines)
    return sizes


def make(kind, work, nix):
    """Makes the closure, unless the same generator has made it before."""
    _, script, arguments = KINDS[kind]
    script = os.path.join(TESTS, script) if script else os.path.join(HERE, "nixos.py")
    directory = os.path.join(work, "closures", kind)
    complete = os.path.join(directory, "complete")
    state = hashlib.sha256(open(script, "rb").read() + repr((arguments, bool(nix))).encode()).hexdigest()
    closure = lambda: Closure(kind, directory, registered(os.path.join(directory, "nix/registration")))
    if os.path.exists(complete) and open(complete, encoding="ascii").read() == state:
        return closure()
    print(f"Making {KINDS[kind][0]} ...", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(os.path.join(directory, "nix"))
    if kind == "debian":
        if nix is None:
            sys.exit("benches/compare: the closure of Debian packages is made by Nix; set NETIMAGE_NIX")
        debian(directory, script, arguments, nix)
    else:
        subprocess.run([sys.executable, script, os.path.join(directory, "nix"), *arguments], check=True)
        if nix is not None:
            with open(os.path.join(directory, "nix/registration"), "rb") as registration:
                nix.run("nix-store", directory, ["--load-db"], stdin=registration)
    with open(complete, "w", encoding="ascii") as file:
        file.write(state)
    return closure()


def debian(directory, script, arguments, nix):
    """Its database is Nix's already; what packages.py adds last refers to all others."""
    scratch, out = os.path.join(directory, "scratch"), os.path.join(directory, "out")
    os.mkdir(out)
    command = [sys.executable, script, *arguments, "--nix", nix.programs]
    command += ["--store", directory, "--scratch", scratch, "--out", out]
    subprocess.run(command, check=True, env=nix.environment)
    toplevel = open(os.path.join(out, "toplevel"), encoding="ascii").read().strip()
    entries, lines = {}, iter(nix.run("nix-store", directory, ["--dump-db"]).decode().splitlines())
    for path in lines:
        head = [next(lines) for _ in range(4)]
        entries[path] = [path, *head, *(next(lines) for _ in range(int(head[3])))]
    entries[toplevel] = entries.pop(toplevel)
    with open(os.path.join(directory, "nix/registration"), "w", encoding="ascii") as file:
        file.writelines(line + "\n" for entry in entries.values() for line in entry)
