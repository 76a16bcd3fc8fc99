"""What all steps share: the places, Nix without a network, and what is wrong."""

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

PROGRAMS = ["cargo", "diff", "sqlite3", "unshare"]
# What the project's flake needs; the tests of the Nix side are no part of it.
SOURCES = [
    *["default.nix", "flake.nix", "flake.lock", "nix", "benches", "netimage-core", "netimage-builder"],
    *["Cargo.toml", "Cargo.lock", "clippy.toml", "LICENSE-APACHE", "LICENSE-MIT", "tests"],
]


class Wrong(Exception):
    """Something is not as it has to be; the step it is of ends."""

    def __init__(self, what, said=""):
        super().__init__(what)
        self.what = what
        self.said = said


def fail(text):
    sys.exit(f"tests/flake/run: {text}")


def lacking(text):
    print(f"tests/flake/run: left out: {text}", file=sys.stderr)
    sys.exit(77)


class Setting:
    """A directory to work in, with the stand-in for nixpkgs and a copy of the project."""

    def __init__(self):
        self.flake = Path(__file__).resolve().parent
        self.repository = self.flake.parents[1]
        self.system = f"{platform.machine()}-linux"
        self.start = time.monotonic()
        self.failures = 0
        nix = self._require_nix()
        os.environ["PATH"] = f"{nix}/bin:{os.environ['PATH']}"
        os.environ["LC_ALL"] = "C"
        os.environ.setdefault("NIX_CONFIG", configuration(nix))
        metadata = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
        found = subprocess.run(metadata, cwd=self.repository, check=True, stdout=subprocess.PIPE)
        self.target = Path(json.loads(found.stdout)["target_directory"])
        self.work = self.target / "flake"
        # Of what earlier runs evaluated, nothing is taken.
        os.environ["XDG_CACHE_HOME"] = str(self.work / "cache")
        self.results = self.work / "results"
        self.builder = self.target / "release/netimage-builder"
        self.project = f"path:{self.work}/source"
        self.tests = f"path:{self.work}/tests"

    @staticmethod
    def _require_nix():
        if os.geteuid() != 0:
            lacking("not root, and Nix builds in a store of its own")
        nix = os.environ.get("NETIMAGE_NIX")
        if not nix:
            lacking("NETIMAGE_NIX is not set; tests/run installs Nix and sets it")
        if not os.access(f"{nix}/bin/nix", os.X_OK):
            fail(f"there is no bin/nix in NETIMAGE_NIX={nix}")
        for program in PROGRAMS:
            if not shutil.which(program):
                lacking(f"{program} is not installed")
        if subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode:
            lacking("this machine lets nobody cut off the network")
        return nix

    def prepare(self):
        """Makes the builder, the stand-in, and copies of the project and of the tests."""
        self.work.mkdir(parents=True, exist_ok=True)
        Path("/nix").mkdir(exist_ok=True)
        self.lock = open(self.work / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"another run works in {self.work}")
        for name in ["results", "source", "tests", "image", "template", "elsewhere", "depot"]:
            subprocess.run(["rm", "-rf", self.work / name], check=True)
        for name in ["results", "source"]:
            (self.work / name).mkdir()
        version = subprocess.run(["nix", "--version"], check=True, stdout=subprocess.PIPE, text=True)
        self.step(f"{version.stdout.strip()}, the builder and the stand-in for nixpkgs")
        build = ["cargo", "build", "--quiet", "--release", "--locked", "--bin", "netimage-builder"]
        subprocess.run(build, cwd=self.repository, check=True)
        assemble = self.repository / "tests/nixpkgs/assemble"
        subprocess.run([assemble, self.work / "nixpkgs", self.builder], check=True)
        self._copy_sources()
        self.nixpkgs, self.stand_in = self.pinned(self.work / "nixpkgs")
        self.of_tests = self.inputs(self.stand_in)

    def _copy_sources(self):
        # A checkout without its history, or with changes, is as good.
        excluded = ["./tests/flake", "./tests/nixpkgs", "target"]
        pack = ["tar", "-cf", "-", *(f"--exclude={name}" for name in excluded), *SOURCES]
        packed = subprocess.Popen(pack, cwd=self.repository, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-C", self.work / "source", "-xf", "-"], stdin=packed.stdout, check=True)
        if packed.wait():
            fail("the checkout cannot be copied")
        only_nix = shutil.ignore_patterns("golden", "*.py", "run")
        shutil.copytree(self.flake, self.work / "tests", ignore=only_nix)

    def pinned(self, directory):
        """A nixpkgs in the store, and the arguments that make it an input: copied and
        hashed once only."""
        hashed = self._nix("hash", "path", directory).strip()
        copy = self._nix("store", "add", "--name", "source", directory).strip()
        url = f"path:{copy}?narHash={urllib.parse.quote(hashed, safe='')}"
        return copy, ["--override-input", "nixpkgs", url, "--no-write-lock-file", "--quiet"]

    def inputs(self, nixpkgs):
        """The arguments that give tests/flake its inputs."""
        return [*nixpkgs, "--override-input", "netimage", self.project]

    @staticmethod
    def _nix(*arguments):
        return subprocess.run(["nix", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    def step(self, text):
        print(f"[{time.monotonic() - self.start:3.0f} s] {text}", flush=True)

    def wrong(self, what, said=""):
        """Goes on, so that one run shows all."""
        print(f"WRONG: {what}")
        for line in said.splitlines()[-60:]:
            print(f"  | {line}")
        self.failures += 1

    def same(self, what, expected, found):
        if expected != found:
            self.wrong(f"{what}: expected {expected!r}, it is {found!r}")

    def holds(self, condition, what, said=""):
        if not condition:
            self.wrong(what, said)

    def run(self, step):
        try:
            step(self)
        except Wrong as wrong:
            self.wrong(wrong.what, wrong.said)

    def evaluate(self, attribute, inputs, *arguments):
        """The JSON of an output of tests/flake, as a text."""
        return self.offline("eval", "--json", f"{self.tests}#{attribute}", *inputs, *arguments)

    def build(self, *names):
        """Images of configurations, as results/NAME."""
        for name in names:
            link = ["--out-link", self.results / name]
            self.offline("build", f"{self.tests}#packages.{self.system}.{name}", *self.of_tests, "-L", *link)

    def offline(self, *arguments, program="nix", **options):
        """What Nix prints, without a network. Wrong if it fails."""
        done = attempt("unshare", "--net", program, *arguments, **options)
        if done.returncode:
            shown = " ".join(str(argument) for argument in arguments[:3])
            raise Wrong(f"{program} {shown} fails", done.stderr)
        return done.stdout


def attempt(*command, **options):
    """Runs a command, and keeps what it says."""
    return subprocess.run(
        [str(part) for part in command],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"} | options,
    )


def configuration(nix):
    """Of a Nix that builds as root, in a sandbox that has a shell."""
    shell = Path(nix) / "bin/bash-static"
    if not shell.exists():
        shell = shutil.which("bash-static") or "/bin/sh"
    return f"""experimental-features = nix-command flakes
build-users-group =
substituters =
sandbox = true
sandbox-paths = /bin/sh={shell}"""
