"""Makes a closure of the shape of a NixOS system, without Nix.

1 200 store paths, 75 000 files, 2 GB. What the figures are after: most paths
are small, most files are text of a few kilobytes, a few libraries hold most of
the bytes, one path (firmware) has a third of all, and what Nix composes
(`etc`, profiles, fonts) is symbolic links into other paths. All sizes follow
from the number of the path and file: every run makes the same bytes.

Writes DIR/store and DIR/registration as tests/scale/generate.py does, and takes
the words of a NAR from there; the hashes are made from the bytes that are meant.

With `--changed N` also what a later generation of the system has: N paths are made
anew, and DIR/changed is the registration with these in the place of others that
are spread over all.
"""

import argparse
import hashlib
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/scale"))
from generate import DIRECTORY, END, ENTRY, EXECUTABLE, FILE, LINK, NODE, base_name, references, string  # noqa: E402

PATHS = 1200
FIRMWARE = 0
FIRMWARE_FILES, FIRMWARE_BYTES = 3000, 700_000_000
# Every sixth path is one that Nix composed: links only.
COMPOSED = 6
# Of the other paths: how many files (median and spread, as logarithms), and their bytes.
FILES, MEDIAN, LARGEST = (3.42, 1.15), 3_100, 60_000_000
DIRECTORIES = ["bin", "lib", "lib/python3.13/site-packages", "share/man/man1", "share/doc", "share/locale/de"]

# No file of the closure can be deduplicated or compressed to nothing.
NOISE = random.Random(1).randbytes(8 << 20)


class Writer:
    """A store path that is written to disk and, as a NAR, into a hash."""

    def __init__(self, top):
        self.top, self.hash, self.size = top, hashlib.sha256(), 0
        self.nar(string(b"nix-archive-1"))

    def nar(self, *parts):
        for part in parts:
            self.hash.update(part)
            self.size += len(part)

    def directory(self, path, entries):
        os.mkdir(os.path.join(self.top, path))
        self.nar(DIRECTORY)
        for name in sorted(entries):
            self.nar(ENTRY, string(name.encode()), NODE)
            node = entries[name]
            below = os.path.join(path, name)
            if isinstance(node, dict):
                self.directory(below, node)
            elif isinstance(node, str):
                os.symlink(node, os.path.join(self.top, below))
                self.nar(LINK, string(node.encode()), END)
            else:
                self.file(below, *node)
            self.nar(END)
        self.nar(END)

    def file(self, path, seed, size, executable):
        mode = 0o555 if executable else 0o444
        descriptor = os.open(os.path.join(self.top, path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        self.nar(EXECUTABLE if executable else FILE, size.to_bytes(8, "little"))
        left, at = size, seed * 4099 % (len(NOISE) // 2)
        while left:
            piece = memoryview(NOISE)[at : at + min(left, len(NOISE) // 2)]
            os.write(descriptor, piece)
            self.nar(piece)
            left -= len(piece)
            at = (at + seed) % (len(NOISE) // 2)
        os.close(descriptor)
        self.nar(bytes(-size % 8), END)


def insert(tree, directory, name, node):
    for part in directory.split("/"):
        tree = tree.setdefault(part, {})
    tree[name] = node


def shape(index, firmware=FIRMWARE_BYTES):
    """The tree of one store path: directories, links, and files as (seed, bytes, executable)."""
    chance, tree = random.Random(index), {}
    if index == FIRMWARE:
        shares = [chance.lognormvariate(0, 1.6) for _ in range(FIRMWARE_FILES)]
        for number, share in enumerate(shares):
            size = int(share / sum(shares) * firmware)
            insert(tree, f"lib/firmware/vendor-{number % 60}", f"{number}.bin", (number + 7, size, False))
    elif index % COMPOSED == 0:
        for number in range(chance.randrange(20, 80)):
            target = f"/nix/store/{base_name(chance.randrange(index))}/share/{number}"
            insert(tree, chance.choice(DIRECTORIES), f"link-{number}", target)
    else:
        for number in range(int(chance.lognormvariate(*FILES)) + 1):
            directory = chance.choice(DIRECTORIES)
            size = min(int(chance.lognormvariate(0, 2) * MEDIAN), LARGEST)
            insert(tree, directory, f"file-{number}", (index + number, size, directory == "bin"))
            if number % 12 == 11:
                insert(tree, "lib", f"lib{number}.so", f"lib{number}.so.1")
    return tree


def make(store, firmware, index):
    writer = Writer(os.path.join(store, base_name(index)))
    writer.directory("", shape(index, firmware))
    return writer.hash.hexdigest(), writer.size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir")
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--firmware", type=int, default=FIRMWARE_BYTES, help="bytes of the largest path")
    parser.add_argument("--changed", type=int, default=0, help="paths of which the next generation has others")
    arguments = parser.parse_args()
    store = os.path.join(arguments.dir, "store")
    os.makedirs(store)
    os.umask(0o022)
    indices = range(arguments.paths + arguments.changed)
    with ProcessPoolExecutor() as workers:
        results = list(workers.map(partial(make, store, arguments.firmware), indices, chunksize=8))
    now = {index: index for index in range(arguments.paths)}
    register(arguments.dir, "registration", now, results)
    if arguments.changed:
        step = arguments.paths // arguments.changed
        # The largest path stays.
        anew = {step * number + step // 2: arguments.paths + number for number in range(arguments.changed)}
        register(arguments.dir, "changed", now | anew, results)


def register(directory, name, made, results):
    """Writes a registration in which each path is the one that was made in its place."""
    names = {base_name(index): base_name(actual) for index, actual in made.items()}
    with open(os.path.join(directory, name), "w", encoding="ascii") as registration:
        for index, actual in made.items():
            digest, size = results[actual]
            referred = (names[other] for other in references(index))
            path, *refers = (f"/nix/store/{base}" for base in [base_name(actual), *referred])
            registration.write("\n".join([path, digest, str(size), "", str(len(refers)), *refers]) + "\n")


if __name__ == "__main__":
    main()
