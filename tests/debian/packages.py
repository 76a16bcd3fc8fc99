"""Makes a store of the Debian packages installed on this machine.

Each package becomes a store path of the files that dpkg lists for it, added by
`nix-store --add`, which computes its path, hash and size. Its references are
the packages that satisfy its Depends and Pre-Depends: of alternatives the first
that is installed, of a virtual package the first provider by name. They are
registered by `nix-store --load-db`, since Debian's files do not contain the
paths that they would refer to.

Nix refuses cycles, which Debian allows (libc6 and libgcc-s1 depend on each
other). A depth-first walk in the order of names drops each reference that leads
back to a package it is still inside of, which breaks every cycle and drops
nothing that is not on one.
"""

import argparse
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

FIELDS = ["binary:Package", "Package", "Version", "db:Status-Status", "Pre-Depends", "Depends", "Provides"]
# Trees wait on disk until Nix has added them; so many bytes at a time.
BATCH = 300_000_000


def installed():
    """The installed packages by their unique name (`libc6:amd64`, `bash`)."""
    template = "\x1f".join("${%s}" % field for field in FIELDS) + "\x1e"
    text = subprocess.run(
        ["dpkg-query", "--show", "--showformat", template], check=True, capture_output=True, text=True
    ).stdout
    packages = {}
    for record in text.split("\x1e"):
        if record:
            package = dict(zip(FIELDS, record.split("\x1f"), strict=True))
            if package["db:Status-Status"] == "installed":
                packages[package["binary:Package"]] = package
    return dict(sorted(packages.items()))


def names_in(relations):
    """`a (>= 1) | b, c:any` as `[["a", "b"], ["c"]]`."""
    for group in filter(None, (group.strip() for group in relations.split(","))):
        yield [re.split(r"[\s(\[:]", alternative.strip(), maxsplit=1)[0] for alternative in group.split("|")]


def references(packages):
    """For each package the unique names of those that satisfy its dependencies."""
    providers = {}
    for unique, package in packages.items():
        providers.setdefault(package["Package"], []).insert(0, unique)
        for (name,) in names_in(package["Provides"]):
            providers.setdefault(name, []).append(unique)
    result = {}
    for unique, package in packages.items():
        found = set()
        for field in ("Pre-Depends", "Depends"):
            for alternatives in names_in(package[field]):
                found.update(next(([providers[name][0]] for name in alternatives if name in providers), []))
        result[unique] = sorted(found - {unique})
    return result


def without_cycles(graph):
    """The graph with no cycle in it, and the edges that are therefore gone."""
    done, inside, dropped = set(), set(), []
    result = {node: [] for node in graph}
    for start in sorted(graph):
        if start in done:
            continue
        inside.add(start)
        stack = [(start, iter(graph[start]))]
        while stack:
            node, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                inside.discard(node)
                done.add(node)
            elif child in inside:
                dropped.append((node, child))
            else:
                result[node].append(child)
                if child not in done:
                    inside.add(child)
                    stack.append((child, iter(graph[child])))
    return result, dropped


def listed(packages):
    """For each package, what dpkg lists: pairs of the name and where the file really is."""
    names = list(packages)
    text = subprocess.run(["dpkg-query", "--listfiles", *names], check=True, capture_output=True).stdout
    lists = text.rstrip(b"\n").split(b"\n\n")
    if len(lists) != len(names):
        sys.exit(f"dpkg-query lists the files of {len(lists)} packages of {len(names)}")
    result = {}
    for unique, block in zip(names, lists, strict=True):
        files = []
        for line in block.split(b"\n"):
            if line.startswith((b"diverted by ", b"locally diverted to: ")):
                # The package's own file is elsewhere: said on the line after its name.
                name, _ = files.pop()
                files.append((name, line.split(b"to: ", 1)[1]))
            elif line.startswith(b"/") and line != b"/.":
                files.append((line, line))
        result[unique] = files
    return result


def tree_size(files):
    return sum(os.lstat(real).st_size for _, real in files if os.path.lexists(real))


def first(packages, files, most):
    """The first packages by name that together have no more than so many bytes."""
    chosen, total = {}, 0
    for unique, package in packages.items():
        total += tree_size(files[unique])
        if total > most:
            break
        chosen[unique] = package
    return chosen


def smallest(packages, files, room):
    """All packages but the largest, which are left out until the rest fits into so many bytes."""
    sizes = {unique: tree_size(files[unique]) for unique in packages}
    total, left_out = sum(sizes.values()), set()
    for unique in sorted(sizes, key=sizes.get, reverse=True):
        if total <= room:
            break
        left_out.add(unique)
        total -= sizes[unique]
    return {unique: package for unique, package in packages.items() if unique not in left_out}


def make_tree(tree, files):
    """Copies a package's files; returns how many are files and links, and their bytes.

    Directories that this machine merged into /usr are links here and directories
    in the package's list: what the list has something below is a directory.
    """
    parents = {os.path.dirname(name) for name, _ in files}
    count = size = 0
    os.makedirs(tree)
    for name, real in files:
        copy = os.fsencode(tree) + name
        try:
            status = os.lstat(real)
        except FileNotFoundError:
            continue  # Left out when it was installed, as documentation often is.
        if stat.S_ISDIR(status.st_mode) or name in parents:
            os.makedirs(copy, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(real), copy)
        elif stat.S_ISREG(status.st_mode):
            shutil.copyfile(real, copy)
            os.chmod(copy, 0o755 if status.st_mode & stat.S_IXUSR else 0o644)
            size += status.st_size
        else:
            continue  # Nix has no devices.
        count += 1
    return count, size


class Nix:
    def __init__(self, programs, store):
        self.programs, self.store = programs, store

    def run(self, *arguments, **options):
        command = [os.path.join(self.programs, "nix-store"), "--store", self.store, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout

    def add(self, trees):
        return self.run("--add", *trees).decode().splitlines()


def batches(packages, files):
    """The packages in groups of about BATCH bytes, the largest packages alone and first."""
    group, total = [], 0
    for bytes_, unique in sorted(((tree_size(files[unique]), unique) for unique in packages), reverse=True):
        group.append(unique)
        total += bytes_
        if total >= BATCH:
            yield group
            group, total = [], 0
    if group:
        yield group


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("nix", "store", "scratch", "out"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--most", type=int, help="stop before so many bytes; packages in the order of their names")
    parser.add_argument("--room", type=int, help="leave out the largest packages until the rest has so many bytes")
    arguments = parser.parse_args()
    nix = Nix(arguments.nix, arguments.store)

    packages = everything = installed()
    files = listed(packages)
    if arguments.most is not None:
        packages = first(packages, files, arguments.most)
    if arguments.room is not None:
        packages = smallest(packages, files, arguments.room)
    left_out = len(everything) - len(packages)
    wanted = references(packages)
    kept, dropped = without_cycles(wanted)

    def name(unique):
        # Store path names have neither `:` nor `~`.
        return re.sub(r"[^A-Za-z0-9+._?=-]", "_", f"{unique.replace(':', '-')}-{packages[unique]['Version']}")

    def add(group):
        count = size = 0
        trees = []
        for unique in group:
            tree = os.path.join(arguments.scratch, name(unique))
            added = make_tree(tree, files[unique])
            count, size = count + added[0], size + added[1]
            trees.append(tree)
        paths = nix.add(trees)
        for tree in trees:
            shutil.rmtree(tree)
        return dict(zip(group, paths, strict=True)), count, size

    nix.run("--dump-db")  # Makes the store, so that the workers below need not race for it.
    paths, count, size = {}, 0, 0
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        for added in workers.map(add, batches(packages, files)):
            paths.update(added[0])
            count, size = count + added[1], size + added[2]

    # What the image is of: a path that refers to every package and has an `init`.
    tree = os.path.join(arguments.scratch, "debian-system")
    os.makedirs(os.path.join(tree, "packages"))
    for unique, path in paths.items():
        os.symlink(path, os.path.join(tree, "packages", unique))
    with open(os.path.join(tree, "system"), "w", encoding="ascii") as file:
        file.write("x86_64-linux")
    shell = next(name for name, _ in files["bash"] if name.endswith(b"/bin/bash")).decode()
    init = os.path.join(tree, "init")
    with open(init, "w", encoding="ascii") as file:
        file.write(f"#!{paths['bash']}{shell}\nexec {paths['bash']}{shell}\n")
    os.chmod(init, 0o755)
    (toplevel,) = nix.add([tree])
    shutil.rmtree(arguments.scratch)

    edges = {paths[unique]: sorted(paths[other] for other in kept[unique]) for unique in packages}
    edges[toplevel] = sorted(paths.values())
    entries, bytes_ = [], 0
    lines = iter(nix.run("--dump-db").decode().splitlines())
    for path in lines:
        digest, nar_size, deriver, _ = (next(lines) for _ in range(4))
        bytes_ += int(nar_size)
        entries += [path, digest, nar_size, deriver, str(len(edges[path])), *edges[path]]
    nix.run("--load-db", input=("\n".join(entries) + "\n").encode())

    # What Nix holds now is what was meant.
    closure = nix.run("--query", "--requisites", toplevel).decode().splitlines()
    if set(closure) != set(edges):
        sys.exit(f"the closure has {len(closure)} paths, not {len(edges)}")

    def out(file, text):
        with open(os.path.join(arguments.out, file), "w", encoding="utf-8") as stream:
            stream.write(text)

    out("toplevel", toplevel + "\n")
    out("numbers.json", json.dumps({"paths": len(edges), "files": count, "bytes": size, "left_out": left_out}) + "\n")
    out(
        "summary",
        f"{len(edges)} store paths, {count} files, {size / 1e9:.2f} GB (NARs of {bytes_ / 1e9:.2f} GB)"
        f"{f'; {left_out} packages left out for want of room' if left_out else ''}\n"
        f"{sum(map(len, kept.values()))} references from Depends; dropped, as they would close a cycle:"
        f" {', '.join(f'{node} -> {child}' for node, child in dropped) or 'none'}\n",
    )


if __name__ == "__main__":
    main()
