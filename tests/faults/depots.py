"""A depot of three machines, images for it, and what has to be true of it afterwards.

Rounds of commands on full disks, and of commands whose system calls fail.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess

import calls
import disks
from closure import spec
from place import Wrong

IMAGES = 3

# What a check has against boot files that are placeholders, and no initrd.
OF_PLACEHOLDERS = """command-line-no-init command-line-root device-tree-invalid firmware-damaged
kernel-unrecognised""".split()

COMMANDS = """deploy deploy deploy deploy-all gc gc rollback switch-once confirm hook hook hook set
rename come-or-go""".split()


def images(context):
    """Built once: each has a store path and a kernel of its own."""
    directory = context.scratch("images")
    paths = [directory / f"image-{number}" for number in range(IMAGES)]
    if directory.exists():
        return paths
    directory.mkdir()
    closure = context.closure(12)
    lines = (closure.directory / "registration").read_text().splitlines(keepends=True)
    objects = ["".join(lines[at : at + 5]) for at in range(0, len(lines), 5)]
    for number, path in enumerate(paths):
        registration, written = directory / "registration", directory / "spec.json"
        registration.write_text("".join([*objects[:9], objects[9 + number]]))
        written.write_text(json.dumps(spec_of(number, closure.firmware)))
        command = [
            context.program, "build", "--spec", written, "--registration", registration,
            "--real-store-dir", closure.store, "--out", path,
        ]  # fmt: skip
        disks.run(*command)
    return paths


def spec_of(number, firmware):
    texts = {"config.txt": "arm_64bit=1\n", "kernel8.img": f"kernel {number}"}
    others = "start4.elf fixup4.dat bcm2711-rpi-4-b.dtb overlays/README".split()
    texts |= {name: f"for {name}" for name in others}
    return spec(f"image-{number}", firmware) | {
        "rootKind": "shared",
        "nfs": "192.0.2.1:/depot/store,vers=4.1,ro",
        "boot": {"files": [{"target": name, "text": text} for name, text in texts.items()]},
        "commandLine": ["root=fstab", "console=tty1"],
        "nixDatabase": False,
        "boards": ["rpi4"],
        "allow": OF_PLACEHOLDERS,
    }


class Depot:
    """The depot `directory/depot`, in which pi1 and pi2 are, and pi3 comes and goes."""

    def __init__(self, context, directory):
        self.program, self.random = context.program, context.random
        self.images, self.directory = images(context), directory / "depot"

    def make(self):
        self.good("init", self.directory, "--server", "192.0.2.1", "--export", "/depot")
        for digit in (1, 2):
            self.good(*self.add(digit))
        self.good("deploy", self.images[0], self.directory, "--all", "--no-trial")

    def add(self, digit, *more):
        return ["machine", "add", self.directory, f"pi{digit}", "--serial", f"{digit}",
                "--address", f"192.0.2.2{digit}", *more]  # fmt: skip

    def run(self, *words, within=(), timeout=60):
        done = subprocess.run(
            list(map(str, [*within, self.program, *words])), timeout=timeout, cwd="/",
            env=os.environ | {"LC_ALL": "C"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(errors="replace")

    def good(self, *words):
        status, text = self.run(*words)
        if status != 0:
            raise Wrong(f"{' '.join(map(str, words))}: status {status}: {text}")
        return text

    def json(self, name):
        return json.loads((self.directory / name).read_text())

    def tftp(self, machine):
        """The machine's directory of the TFTP server."""
        prefix = self.json(f"machines/{machine}/machine.json")["tftpPrefix"]
        return self.directory / "tftp" / (f"0000000{machine[-1]}" if prefix == "serial" else prefix)

    def machines(self):
        """Those that are in service."""
        return {one["name"] for one in json.loads(self.good("machine", "list", self.directory, "--format", "json"))}

    def draw(self, kinds=COMMANDS):
        """A command."""
        kind = self.random.choice(kinds)
        machine = self.random.choice(["pi1", "pi2"])
        known = self.json(f"machines/{machine}/generations.json")["all"]
        number = self.random.choice(list(known))
        image = self.random.choice(self.images)
        trial = self.random.choice([[], ["--no-trial"]])
        of = [self.directory, machine]
        match kind:
            case "deploy":
                return ["deploy", image, self.directory, "--machine", machine, *trial]
            case "deploy-all":
                return ["deploy", image, self.directory, "--all", *trial]
            case "gc":
                return ["gc", self.directory, "--keep", "1", "--older-than", "0"]
            case "rollback":
                return ["rollback", *of, "--to", number]
            case "switch-once" | "confirm":
                return [kind, *of, number]
            case "hook":
                file = self.random.choice(["config.txt", f"g{number}/cmdline.txt", f"g{number}/kernel8.img"])
                return ["hook", self.directory, "tftp", "7", f"192.0.2.2{machine[-1]}", self.tftp(machine) / file]
            case "set":
                return ["machine", "set", *of, "--tag", f"tag-{self.random.randrange(9)}"]
            case "rename":
                prefix = self.random.choice(["serial", "rack-2", "rack-3"])
                return ["machine", "set", self.directory, "pi2", "--tftp-prefix", prefix]
        if "pi3" in self.machines():
            return ["machine", "remove", self.directory, "pi3", "--purge"]
        return self.add(3, *self.random.choice([[], ["--ssh-host-key"]]))

    def promised(self):
        """All that says what machines boot, and the events: what is on disk when a
        command has ended."""
        found = {}
        for pattern in ("*.json", "machines/*/*.json", "tftp/*/config.txt", "tftp/*/good", "spool/*"):
            for path in self.directory.glob(pattern):
                name = str(path.relative_to(self.directory))
                if "/." not in name:
                    found[name] = os.readlink(path) if path.is_symlink() else path.read_text()
                if path.name == "machine.json":
                    # The first half of another TFTP prefix, which goes unless the second comes.
                    found[name] = {**self.json(name), "spareTftpDirectory": None}
        return found

    def expect_whole(self, what):
        """Each machine is served a generation that has all its files."""
        status, text = self.run("verify", self.directory, "--format", "json")
        if status != 0:
            raise Wrong(f"{what}: verify: status {status}: {text}")
        status, text = self.run("status", self.directory)
        if status != 0:
            raise Wrong(f"{what}: status: {text}")
        for machine in ("pi1", "pi2"):
            self.expect_served(machine, what)

    def expect_served(self, machine, what):
        directory = self.tftp(machine)
        config = (directory / "config.txt").read_text()
        number = re.match(r"\[all\]\nos_prefix=g(\d+)/\n", config)[1]
        if config != (directory / f"g{number}/config.txt").read_text():
            raise Wrong(f"{what}: config.txt of {machine} is not that of generation {number}")
        line = (directory / f"g{number}/cmdline.txt").read_text()
        if f"netimage.generation={number}" not in line.split():
            raise Wrong(f"{what}: {machine} is served {number}, with the command line {line}")
        manifest = self.json(f"machines/{machine}/generations/{number}/manifest.json")
        for file in manifest["boot"]:
            if file["name"] not in ("config.txt", "cmdline.txt"):
                beside = file["name"].startswith(("start", "fixup"))
                path = directory / ("." if beside else f"g{number}") / file["name"]
                if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
                    raise Wrong(f"{what}: {path} is not the image's")

    def expect_repaired(self, what):
        """The next commands work, and leave nothing of what was."""
        self.good("deploy", self.random.choice(self.images), self.directory, "--all", "--no-trial")
        self.good("gc", self.directory, "--keep", "1", "--older-than", "0")
        self.expect_whole(f"{what}, then repaired")
        report = json.loads(self.good("verify", self.directory, "--format", "json"))
        if report["leftovers"] or report["unnamedPaths"]:
            raise Wrong(f"{what}, then repaired: {report}")
        hidden = [path for path in self.directory.rglob(".*") if path.name != ".links"]
        # A hook may be at work for a minute.
        if hidden := [path for path in hidden if path.parent.name != "spool"]:
            raise Wrong(f"{what}, then repaired: left {hidden}")


def words_of(command):
    return " ".join(str(word).rpartition("/")[2] for word in command)


def difference(expected, found):
    names = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    return "; ".join(f"{name}: {found.get(name)} instead of {expected.get(name)}" for name in names)


def full(context, kind):
    """Where a disk is full, a command says so, and has changed nothing."""
    directory = context.scratch(f"full depot {kind}")
    commands = "deploy deploy-all gc hook rename come-or-go set rollback confirm".split()
    with disks.mounted(kind, directory) as at:
        depot = Depot(context, at)
        depot.make()
        while context.goes_on():
            command = depot.draw(commands)
            # So that it has nothing to catch up with.
            depot.good("machine", "set", depot.directory, "pi1", "--tag", "full")
            before = depot.promised()
            free = context.random.choice([0, 0, 1 << 14, 1 << 16, 1 << 18])
            disks.fill(at, free)
            status, text = depot.run(*command)
            what = f"{kind} with {free} bytes, {words_of(command)}, status {status}"
            if status not in (0, 1, 2) or "panicked" in text or (status == 1 and "error: " not in text):
                raise Wrong(f"{what}: {text}")
            depot.expect_whole(what)
            if "No space left on device" in text and (found := depot.promised()) != before:
                raise Wrong(f"{what}: {text}: {difference(before, found)}")
            shutil.rmtree(at / "ballast")
            depot.expect_repaired(what)
            yield what


FAULTS = "error=EIO error=ENOSPC error=EACCES error=EMFILE signal=KILL".split()


def failing(context):
    """Any system call may fail, or be the last: then the command has done what it had to,
    or is done by the next."""
    places = [context.scratch("failing depot"), context.scratch("failing, apart")]
    depots = [Depot(context, place) for place in places]
    for depot in depots:
        depot.directory.mkdir(parents=True)
    # What cannot be linked is copied.
    tftp = depots[1].directory / "tftp"
    tftp.mkdir()
    disks.run("mount", "-t", "tmpfs", "tmpfs", tftp)
    try:
        yield from fail(context, depots, places[0] / "log")
    finally:
        disks.run("umount", tftp)


def fail(context, depots, log):
    for depot in depots:
        depot.make()
    while context.goes_on():
        depot = context.random.choice(depots)
        command = depot.draw()
        call, first = context.random.choice(calls.CALLS), context.random.randint(1, 12)
        fault = context.random.choice(FAULTS)
        more = "" if "KILL" in fault else context.random.choice(["", "+"])
        inject = f"inject={call}:{fault}:when={first}{more}"
        strace = ["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e", inject]
        status, text = depot.run(*command, within=strace)
        if not re.search(r"\(INJECTED\)|killed by SIGKILL", log.read_text()):
            continue
        what = f"{inject}, {words_of(command)}, status {status}"
        if status not in (0, 1, 2, 127, -9, 137) or "panicked" in text:
            raise Wrong(f"{what}: {text}")
        depot.expect_whole(what)
        if context.random.random() < 0.3:
            depot.expect_repaired(what)
        yield what
    for depot in depots:
        depot.expect_repaired("the last")
