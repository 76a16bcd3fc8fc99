"""Images for a depot, and a depot that is brought back to a state that it was in.

Its store is left alone by that: all else is small.
"""

import json
import os
import subprocess

from . import boot

SPEC = {
    "version": 1,
    "name": "nixos-net-image",
    "rootDirectoryName": "root",
    "rootKind": "shared",
    "system": "aarch64-linux",
    "nfs": "192.0.2.1:/depot/store,vers=4.1,ro",
    "commandLine": ["root=fstab", "console=tty1"],
    "allow": [*boot.ALLOWED, "store-path-missing"],
}


def run(*command):
    """Runs a command whose output matters only if it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise subprocess.SubprocessError(f"{' '.join(command)}\nfailed:\n{done.stdout}{done.stderr}")


def entries(registration):
    """The paths of a registration, with their hashes and sizes."""
    found = {}
    with open(registration, encoding="ascii") as lines:
        for path in lines:
            digest, size, _, references = (next(lines).strip() for _ in range(4))
            for _ in range(int(references)):
                next(lines)
            found[path.strip()] = digest, size
    return found


class Images:
    """Makes images in a directory, whose boot files have a fraction of their usual size."""

    def __init__(self, builder, directory, scale):
        self.builder, self.directory = builder, directory
        self.boot = boot.files(os.path.join(directory, "boot"), scale)

    def spec(self, is_bare=False, with_database=False):
        """The spec of an image with boot files and for a board, or with neither."""
        spec = SPEC | {"nixDatabase": with_database}
        if not is_bare:
            spec |= {"boards": ["rpi4"], "boot": {"files": self.boot}}
        path = os.path.join(self.directory, "spec.json")
        with open(path, "w", encoding="ascii") as file:
            json.dump(spec, file)
        return path

    def make(self, name, closure, registration, *options, is_bare=False):
        image = os.path.join(self.directory, name)
        command = [self.builder, "build", "--spec", self.spec(is_bare), "--out", image, *options]
        run(*command, "--registration", registration, "--real-store-dir", closure.store)
        return image

    def registration(self, name, of, names):
        """A registration of some paths of another, without their references."""
        file = os.path.join(self.directory, name)
        with open(file, "w", encoding="ascii") as registration:
            for path, (digest, size) in entries(of).items():
                if os.path.basename(path) in names:
                    registration.write(f"{path}\n{digest}\n{size}\n\n0\n")
        return file


class Depot:
    """A depot, all of whose machines are of one board."""

    def __init__(self, builder, directory):
        self.builder, self.directory = builder, directory
        self.store = os.path.join(directory, "store")
        run(builder, "init", directory, "--server", "192.0.2.1", "--export", "/depot")

    def add_machines(self, numbers):
        for number in numbers:
            self.add_machine(f"pi{number}", number)

    def add_machine(self, name, number):
        address = f"10.0.{number // 250}.{number % 250 + 1}"
        options = ["--serial", f"{number:08x}", "--address", address, "--board", "rpi4"]
        run(self.builder, "machine", "add", self.directory, name, *options)

    def deploy(self, image, closure):
        """Deploys an image, be it lean or not, of this closure to all machines."""
        options = ["--all", "--no-trial", "--real-store-dir", closure.store]
        run(self.builder, "deploy", image, self.directory, *options)

    def confirm(self, machine, number):
        """Lets a machine say that it is up in a generation, and somebody say so for it."""
        word = {"generation": number, "bootId": f"{number:032}"}
        with open(os.path.join(self.directory, "persist", machine, "booted.json"), "w", encoding="ascii") as file:
            json.dump(word, file)
        run(self.builder, "confirm", self.directory, machine, str(number))

    def name_paths(self, names):
        """Makes empty directories of store paths: a deploy looks at no more of what is there."""
        for name in names:
            os.mkdir(os.path.join(self.store, name))

    def state(self):
        """The paths of all but the store."""
        names = os.listdir(self.directory)
        return [os.path.join(self.directory, name) for name in names if name != "store"]

    def save(self, state):
        os.makedirs(state)
        # All at once, so that hard links stay such.
        run("cp", "-a", "-t", state, *self.state())

    def restore(self, state, aside):
        """Brings back what was saved; what there was is moved to a directory."""
        run("mv", "-t", aside, *self.state())
        run("cp", "-a", "-t", self.directory, *(entry.path for entry in os.scandir(state)))
