"""What is measured of depots: groups of ways, each of which starts from the same depot.

What a way has made is moved out of the way and stays until the end: an ext4 on which
much was just deleted is slower for whoever creates files.
"""

import os
import subprocess

from . import places
from .depot import Depot, Images, entries, run
from .measure import measure

GROUPS = ["changed", "fleet", "collect", "lean", "whole"]

RSYNC = 'rsync -aH --checksum "$SOURCE/" "$DEPOT/store/"'
COPY = """
mkdir "$DEPOT/store/.new"
comm -23 <(ls "$SOURCE") <(ls "$DEPOT/store") | sed "s|^|$SOURCE/|" | xargs cp -a -t "$DEPOT/store/.new"
sync --file-system "$DEPOT/store"
mv -t "$DEPOT/store" "$DEPOT/store/.new"/*
rmdir "$DEPOT/store/.new"
"""
DEPLOY = '"$BUILDER" deploy "$IMAGE" "$DEPOT" --all'
DEPLOY_TO_NEXT = '"$BUILDER" deploy "$IMAGE" "$DEPOT" --machine next'
STATUS = '"$BUILDER" status "$DEPOT"'
BUILD = '"$BUILDER" build --spec "$SPEC" --registration "$REGISTRATION" --real-store-dir "$STORE" --out "$OUT/image" '


class Scale:
    """How much of everything."""

    def __init__(self, is_tiny):
        self.closure = "tiny-generations" if is_tiny else "generations"
        self.paths = "few" if is_tiny else "paths"
        self.machines = [2, 4, 8] if is_tiny else [10, 100, 1000]
        # By what boot files are smaller than they usually are.
        self.boot = 20 if is_tiny else 1


class Bench:
    """A depot that has the first of two images, and both of them."""

    def __init__(self, builder, closure, place, scale):
        self.builder, self.closure, self.place, self.scale = builder, closure, place, scale
        first, second = closure.registration, os.path.join(closure.directory, "nix/changed")
        self.first, self.second = (set(map(os.path.basename, entries(file))) for file in (first, second))
        self.images = Images(builder, place.directory, scale.boot)
        self.depot = Depot(builder, self.inside("depot"))
        self.fill(self.first)
        self.one = self.images.make("one", closure, first, "--lean")
        self.two = self.images.make("two", closure, second, "--verify", "none")
        self.depot.add_machines([1])
        self.depot.deploy(self.one, closure)
        self.depot.save(self.state("one"))
        self.depot.deploy(self.two, closure)
        self.depot.save(self.state("two"))
        self.moved = 0

    def state(self, name):
        return self.inside(f"states/{name}")

    def inside(self, name):
        return os.path.join(self.place.directory, name)

    def fill(self, names):
        """Has the depot's store have these paths."""
        missing = [name for name in sorted(names) if not os.path.exists(os.path.join(self.depot.store, name))]
        lines = "".join(f"{self.closure.store}/{name}\n" for name in missing)
        command = ["xargs", "-P", str(os.cpu_count()), "-n", "16", "cp", "-a", "-t", self.depot.store]
        if missing:
            subprocess.run(command, input=lines, text=True, check=True)

    def restore(self, state, names):
        """Brings the depot to a state, and its store to these paths of those that it may have."""
        self.moved += 1
        aside = self.inside(f"aside/{self.moved}")
        os.makedirs(aside)
        for name in set(os.listdir(self.depot.store)) - names - {".links"}:
            os.rename(os.path.join(self.depot.store, name), os.path.join(aside, name))
        self.fill(names)
        self.depot.restore(self.state(state), aside)
        run("sync", "--file-system", self.place.directory)

    def warm(self, *directories):
        """Reads what is to be in the page cache."""
        if self.place.name != "tmpfs":
            script = 'find "$@" -type f -print0 | xargs -0 cat >/dev/null'
            subprocess.run(["sh", "-c", script, "sh", *directories], check=True)

    def used(self):
        stat = os.statvfs(self.place.directory)
        return (stat.f_blocks - stat.f_bfree) * stat.f_frsize

    def measure(self, script, **environment):
        named = {"BUILDER": self.builder, "DEPOT": self.depot.directory, "IMAGE": self.two}
        variables = dict(os.environ) | named | environment | {"LC_ALL": "C"}
        before = self.used()
        measured = measure(script, variables, self.place.settled).to_json()
        return measured | {"kept": self.used() - before}


class Group:
    """Ways that are compared."""

    def end_round(self):
        """What is moved aside stays until the end."""


class Changed(Group):
    """Some store paths of many are others than before."""

    def __init__(self, bench):
        self.bench = bench
        changed = bench.second - bench.first
        self.title = f"{len(changed)} of {len(bench.first):,} store paths changed"
        self.ways = {
            "rsync": "`rsync -aH --checksum`",
            "copy": "names compared, `cp -a`, `sync -f`, renames",
            "hash": "hashing what is new (`verify`)",
            "deploy": "`deploy`",
            "known": "`deploy`, checked before",
            "again": "`deploy` of what is there",
        }
        # The same without what it has of old paths and of boot files.
        new = bench.images.registration("changed", os.path.join(bench.closure.directory, "nix/changed"), changed)
        self.new = bench.images.make("new", bench.closure, new, "--verify", "none", is_bare=True)

    def run(self, key):
        bench = self.bench
        is_there = key == "again"
        bench.restore("two" if is_there else "one", bench.second | bench.first if is_there else bench.first)
        if key == "known":
            run("cp", "-a", bench.state("two/checks.json"), bench.depot.directory)
        source = os.path.join(bench.two, "net-image/os/root/nix/store")
        bench.warm(source, bench.depot.store)
        scripts = {"rsync": RSYNC, "copy": COPY, "hash": '"$BUILDER" verify "$NEW"'}
        return bench.measure(scripts.get(key, DEPLOY), SOURCE=source, NEW=self.new)


class Fleet(Group):
    """Machines that get what is in the depot already, and was checked."""

    def __init__(self, bench, work):
        self.bench = bench
        counts = bench.scale.machines
        self.title = "machines of a depot that has all store paths of the image"
        self.ways = {f"deploy-{count}": f"`deploy` to {count:,} machines" for count in counts}
        self.ways |= {f"next-{count}": f"`deploy` to one more than {count:,}" for count in (counts[0], counts[-1])}
        self.ways |= {f"status-{count}": f"`status` of {count:,} machines" for count in counts}
        # In memory, where it takes no time to sync.
        with places.place("tmpfs", os.path.join(work, "machines")) as memory:
            depot = Depot(bench.builder, os.path.join(memory.directory, "depot"))
            depot.name_paths(bench.first | bench.second)
            done = 0
            for count in counts:
                depot.add_machines(range(done + 1, count + 1))
                done = count
                depot.deploy(bench.one, bench.closure)
                self.keep(depot, f"machines-{count}")
                if f"next-{count}" in self.ways:
                    self.with_one_more(depot, count, memory)

    def with_one_more(self, depot, count, memory):
        before, aside = (os.path.join(memory.directory, f"{name}-{count}") for name in ("before", "aside"))
        depot.save(before)
        depot.deploy(self.bench.two, self.bench.closure)
        depot.add_machine("next", count + 1)
        self.keep(depot, f"next-{count}")
        os.makedirs(aside)
        depot.restore(before, aside)

    def keep(self, depot, state):
        depot.save(self.bench.state(state))

    def run(self, key):
        bench = self.bench
        kind, count = key.split("-")
        state = key if kind == "next" else f"machines-{count}"
        bench.restore(state, bench.first | bench.second)
        if kind == "deploy":
            run("cp", "-a", bench.state("two/checks.json"), bench.depot.directory)
            run("sync", "--file-system", bench.depot.directory)
        script = {"deploy": DEPLOY, "next": DEPLOY_TO_NEXT, "status": STATUS}[kind]
        return bench.measure(script)


class Collect(Group):
    """The paths of one generation of two go, which are half of the store."""

    def __init__(self, bench):
        self.bench = bench
        old, new = (sorted(bench.first)[half::2] for half in range(2))
        self.old = old
        self.title = f"{len(old)} of {len(bench.first):,} store paths removed"
        self.ways = {"rm": "`rm -rf`", "gc": "`gc`"}
        self.list = bench.inside("old-paths")
        with open(self.list, "w", encoding="ascii") as file:
            file.writelines(f"{bench.depot.store}/{name}\n" for name in old)
        bench.restore("one", bench.first)
        for number, half in enumerate([old, new], 2):
            name = f"half-{number}"
            registration = bench.images.registration(name, bench.closure.registration, set(half))
            image = bench.images.make(f"{name}.image", bench.closure, registration, "--lean")
            bench.depot.deploy(image, bench.closure)
            bench.depot.confirm("pi1", number)
        # Of the first generation all is also that of others; it goes now.
        bench.depot.save(bench.state("halves"))

    def run(self, key):
        self.bench.restore("halves", self.bench.first)
        gc = '"$BUILDER" gc "$DEPOT" --keep 0 --older-than 0'
        measured = self.bench.measure({"rm": 'xargs rm -rf <"$LIST"', "gc": gc}[key], LIST=self.list)
        if set(os.listdir(self.bench.depot.store)) & set(self.old):
            raise subprocess.SubprocessError(f"{key} has not removed what it should")
        return measured


class Lean(Group):
    """Images of many store paths, with all of them and with none."""

    def __init__(self, bench, closure, nix):
        self.bench, self.closure, self.nix = bench, closure, nix
        self.title = f"an image of {len(closure.sizes):,} store paths"
        self.options = {
            "none": ("`build --verify none`", "--verify none"),
            "full": ("`build --verify full`", "--verify full"),
            "lean": ("`build --lean`", "--lean"),
        }
        if nix is not None:
            self.options["database"] = ("`build --lean`, with the database", "--lean")
        self.ways = {key: title for key, (title, _) in self.options.items()}

    def run(self, key):
        bench = self.bench
        out = bench.inside("built")
        os.makedirs(out)
        environment = {"OUT": out, "STORE": self.closure.store, "REGISTRATION": self.closure.registration}
        environment["SPEC"] = bench.images.spec(is_bare=True, with_database=key == "database")
        environment["PATH"] = os.environ["PATH"]
        if key == "database":
            environment = self.nix.environment | environment
            environment["PATH"] = f"{self.nix.programs}:{environment['PATH']}"
        bench.warm(self.closure.store)
        measured = bench.measure(BUILD + self.options[key][1], **environment)
        bench.moved += 1
        os.makedirs(bench.inside("aside"), exist_ok=True)
        os.rename(out, bench.inside(f"aside/{bench.moved}"))
        return measured
