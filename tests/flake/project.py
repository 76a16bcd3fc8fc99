"""The project's own flake: what it has, the image of its example, its template."""

import os
import re
import shutil
import sqlite3

from setting import attempt

IN_ROOT = [
    *["nix/store", "nix/var/nix/db/db.sqlite", "nix-path-registration", "sbin/init", "boot/firmware"],
    *["etc/NIXOS", "proc", "sys", "dev", "run", "etc", "tmp"],
]
IN_BOOT = [
    *["config.txt", "cmdline.txt", "kernel8.img", "initrd", "start4.elf", "fixup4.dat"],
    *["bcm2711-rpi-4-b.dtb", "overlays"],
]


def names(directory):
    return sorted(os.listdir(directory))


def flake(setting):
    setting.step("nix flake check and nix flake show")
    own = [setting.project, *setting.stand_in]
    setting.offline("flake", "check", *own, "--all-systems", "--no-build")
    setting.offline("flake", "check", *own, "-L")
    shown = setting.offline("flake", "show", *own, "--all-systems", "--json")
    for name in ["netImage", "default", "netimage-builder"]:
        setting.holds(f'"{name}"' in shown, f"nix flake show does not have {name}", shown)


def root_of(image):
    return next((image / "net-image/os").iterdir())


def image(setting):
    setting.step("nix build .#netImage")
    result = setting.results / "example"
    setting.offline("build", f"{setting.project}#netImage", *setting.stand_in, "-L", "--out-link", result)
    setting.same("the output", ["net-image", "nix-support"], names(result))
    setting.same("nix-support", ["system"], names(result / "nix-support"))
    setting.same("nix-support/system", setting.system, (result / "nix-support/system").read_text().strip())
    setting.same("net-image", ["boot", "manifest.json", "os"], names(result / "net-image"))
    root = root_of(result)
    named = re.fullmatch("nixos-net-image-.*-aarch64-linux", root.name)
    setting.holds(named, f"the root's name: {root.name}")
    for name in IN_ROOT:
        setting.holds(os.path.lexists(root / name), f"the root lacks {name}")
    boot = result / "net-image/boot"
    for name in IN_BOOT:
        setting.holds((boot / name).exists(), f"net-image/boot lacks {name}")
    different = attempt("diff", "-r", boot, root / "boot/firmware")
    setting.holds(different.returncode == 0, "boot/firmware differs from net-image/boot", different.stdout)
    published = [place for place, directories, files in os.walk(result) if "env-vars" in directories + files]
    setting.same("build directories that were published", [], published)
    references = setting.offline("--query", "--references", result.resolve(), program="nix-store")
    setting.same("references of the output", "", references)


def store(setting):
    setting.step("Its store, with a copy of it as nix-store sees it")
    copy = setting.work / "image"
    shutil.copytree(root_of(setting.results / "example"), copy, symlinks=True)
    attempt("chmod", "-R", "u+w", copy)
    # Nothing is loaded: the database is there.
    options = ["--store", copy, "--option", "use-sqlite-wal", "false"]
    done = attempt("nix-store", *options, "--verify", "--check-contents")
    setting.same("nix-store --verify", 0, done.returncode)
    bad = re.search("error|missing|disappeared|modified|not valid", done.stdout + done.stderr, re.IGNORECASE)
    setting.holds(not bad, "nix-store --verify found something", done.stdout + done.stderr)
    with sqlite3.connect(copy / "nix/var/nix/db/db.sqlite") as database:
        registered = database.execute("SELECT count(*) FROM ValidPaths").fetchone()[0]
    there = [name for name in names(copy / "nix/store") if re.match("[0-9a-z]{32}-", name)]
    setting.same("registered paths", len(there), registered)


def again(setting):
    setting.step("netimage-builder verify, passthru.check, and the same once more")
    verified = attempt(setting.builder, "verify", setting.results / "example")
    setting.holds(verified.returncode == 0, "netimage-builder verify", verified.stdout + verified.stderr)
    own = [*setting.stand_in, "-L", "--no-link"]
    setting.offline("build", f"{setting.project}#netImage.passthru.check", *own)
    setting.offline("build", f"{setting.project}#netImage", *own, "--rebuild")


def template(setting):
    """A newcomer's flake is evaluated and built like any other."""
    setting.step("The template")
    place = setting.work / "template"
    shutil.copytree(setting.work / "source/nix/template", place)
    output = f"path:{place}#"
    link = ["--out-link", setting.results / "template"]
    setting.offline("build", f"{output}netImage", *setting.of_tests, "-L", *link)
    # Wherever it is built, no other machine is asked.
    for machine in ["x86_64-linux", "aarch64-linux"]:
        attribute = f"{output}packages.{machine}.netImage.system"
        found = setting.offline("eval", "--raw", attribute, *setting.of_tests)
        setting.same(f"the template's image on {machine} is put together on", machine, found)


def fleet(setting):
    """A newcomer's server and boards, and how a server gets them that is no NixOS."""
    setting.step("The fleet's template")
    place = f"path:{setting.work}/source/nix/template-fleet"
    setting.offline("flake", "check", place, *setting.of_tests, "--all-systems", "--no-build")
    depot = setting.work / "fleet"
    shutil.rmtree(depot, ignore_errors=True)
    kitchen = ["kitchen", "--serial", "1234abcd", "--address", "192.0.2.21"]
    for command in [
        ["init", depot, "--server", "192.0.2.1", "--export", "/srv/netimage"],
        ["machine", "add", depot, *kitchen],
    ]:
        setting.offline(*command, program=setting.builder)
    for to in [[], ["--machine", "kitchen"]]:
        said = setting.offline("run", f"{place}#deploy", *setting.of_tests, "--", depot, *to)
        setting.holds("kitchen" in said, "the app deploys to nobody", said)
