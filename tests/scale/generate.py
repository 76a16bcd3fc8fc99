"""Makes a closure of so many files in so many store paths, without Nix.

Writes DIR/store/<digest>-<name>/... and DIR/registration, the text that
`nix-store --dump-db` prints. The NAR hashes are computed here, by Nix's
definition and from the bytes that are meant to be in the files: an oracle that
shares nothing with the builder. Each path refers to the one before, so that the
chain of references is as long as the closure, and to a few others.
"""

import argparse
import hashlib
import os
import struct
from concurrent.futures import ProcessPoolExecutor

NIX32 = "0123456789abcdfghijklmnpqrsvwxyz"


def string(value):
    return struct.pack("<Q", len(value)) + value + bytes(-len(value) % 8)


def strings(*values):
    return b"".join(map(string, values))


FILE = strings(b"(", b"type", b"regular", b"contents")
EXECUTABLE = strings(b"(", b"type", b"regular", b"executable", b"", b"contents")
LINK = strings(b"(", b"type", b"symlink", b"target")
DIRECTORY = strings(b"(", b"type", b"directory")
ENTRY = strings(b"entry", b"(", b"name")
NODE = string(b"node")
END = string(b")")


def base_name(index):
    digest = hashlib.sha256(b"path %d" % index).digest()
    return "".join(NIX32[byte % 32] for byte in digest) + f"-package-{index}"


def contents(index, number):
    """Up to 400 bytes, none of them twice the same."""
    seed = b"%d/%d\n" % (index, number)
    return (seed * 40)[: (index * 131 + number * 37) % 400]


def make(store, index, files):
    """Writes one store path; returns its NAR hash and NAR size."""
    top = os.path.join(store, base_name(index))
    directories = {b"bin": [], b"share": []}
    for number in range(files):
        directories[b"bin" if number % 5 == 0 else b"share"].append((b"file-%04d" % number, number))
    nar = [string(b"nix-archive-1"), DIRECTORY]
    os.mkdir(top)
    for directory, entries in directories.items():
        path = os.path.join(os.fsencode(top), directory)
        os.mkdir(path)
        nar += [ENTRY, string(directory), NODE, DIRECTORY]
        for name, number in entries:
            nar += [ENTRY, string(name), NODE]
            file = os.path.join(path, name)
            if number % 25 == 24:
                target = b"../bin/file-0000"
                os.symlink(target, file)
                nar += [LINK, string(target), END, END]
                continue
            executable = directory == b"bin"
            data = contents(index, number)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o555 if executable else 0o444)
            os.write(descriptor, data)
            os.close(descriptor)
            nar += [EXECUTABLE if executable else FILE, string(data), END, END]
        nar += [END, END]
    nar.append(END)
    whole = b"".join(nar)
    return hashlib.sha256(whole).hexdigest(), len(whole)


def references(index):
    return sorted({base_name(other) for other in (index - 1, index // 2, index // 3, index - 7) if 0 <= other < index})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir")
    parser.add_argument("files", type=int)
    parser.add_argument("paths", type=int)
    arguments = parser.parse_args()
    store = os.path.join(arguments.dir, "store")
    os.makedirs(store)
    os.umask(0o022)
    files, rest = divmod(arguments.files, arguments.paths)
    if rest:
        parser.error("the number of files is no multiple of the number of paths")
    with ProcessPoolExecutor() as workers:
        indices = range(arguments.paths)
        results = workers.map(make, [store] * arguments.paths, indices, [files] * arguments.paths, chunksize=64)
        with open(os.path.join(arguments.dir, "registration"), "w", encoding="ascii") as registration:
            for index, (digest, size) in zip(indices, results, strict=True):
                entry = [base_name(index), *references(index)]
                path, *refers = (f"/nix/store/{name}" for name in entry)
                registration.write("\n".join([path, digest, str(size), "", str(len(refers)), *refers]) + "\n")


if __name__ == "__main__":
    main()
