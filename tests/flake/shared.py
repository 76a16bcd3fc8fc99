"""An image for machines that share a store, on its way to two of them."""

import json
import os
import re
import shutil
import sqlite3

from setting import Wrong, attempt

MACHINES = {"kitchen": "1234abcd", "garden": "5678ef01"}


def deployed(setting):
    """What each machine gets, one of the image and one of the same as a lean one: its own
    command line, and the same store."""
    setting.step("A shared store, deployed to two machines")
    setting.build("shared-store")
    lean = setting.results / "shared-store-lean"
    output = f"{setting.tests}#leanImages.{setting.system}.shared-store"
    setting.offline("build", output, *setting.of_tests, "-L", "--out-link", lean)
    depot = setting.work / "shared-depot"
    shutil.rmtree(depot, ignore_errors=True)
    builder(setting, "init", depot, "--server", "192.0.2.1", "--export", "/srv/netimage")
    for last, (name, serial) in enumerate(MACHINES.items()):
        what = ["--serial", f"10000000{serial}", "--address", f"192.0.2.2{last}", "--board", "rpi4"]
        builder(setting, "machine", "add", depot, name, *what)
    for name, image in zip(MACHINES, [setting.results / "shared-store", lean]):
        told = builder(setting, "deploy", image, depot, "--machine", name, "--format", "json")
        findings = [one for report in json.loads(told)["checks"] for one in report["findings"]]
        faults = [one for one in findings if one["severity"] != "note"]
        setting.same(f"{name}: what the check finds", [], faults)
    lines = {name: command_line(setting, depot, name) for name in MACHINES}
    for key in ["init", "netimage.database"]:
        values = {line.get(key) for line in lines.values()}
        setting.holds(len(values) == 1, f"the machines differ in {key}", str(values))
    store_of(setting, depot, lines["kitchen"])
    builder(setting, "verify", depot)


def builder(setting, *arguments):
    done = attempt(setting.builder, *arguments)
    if done.returncode:
        raise Wrong(f"netimage-builder {arguments[0]} fails", done.stdout + done.stderr)
    return done.stdout


def command_line(setting, depot, name):
    """The parameters of a machine's generation, which its config.txt names."""
    directory = depot / "tftp" / MACHINES[name]
    config = (directory / "config.txt").read_text()
    setting.holds("os_prefix=g1/" in config.split(), f"{name}: config.txt does not name generation 1", config)
    text = (directory / "g1/cmdline.txt").read_text()
    line = dict(part.partition("=")[::2] for part in text.split())
    expected = {
        "root": "fstab",
        "panic": "10",
        "boot.panic_on_fail": "",
        "nfs.nfs4_unique_id": f"{name}-10000000{MACHINES[name]}",
        "systemd.hostname": name,
        "netimage.persist": f"192.0.2.1:/srv/netimage/persist/{name}",
        "netimage.generation": "1",
    }
    for key, value in expected.items():
        setting.same(f"{name}: {key}", value, line.get(key))
    for key, pattern in {
        "init": "/nix/store/[0-9a-z]{32}-nixos-system-unnamed-.*/init",
        "netimage.database": "/nix/store/[0-9a-z]{32}-netimage-database",
        "systemd.machine_id": "[0-9a-f]{32}",
    }.items():
        setting.holds(re.fullmatch(pattern, line.get(key, "")), f"{name}: {key}", text)
    return line


def store_of(setting, depot, line):
    """What the parameters name is in the depot's store, with all that is registered."""
    store = depot / "store"

    def inside(path):
        return store / path.removeprefix("/nix/store/")

    init = inside(line["init"])
    setting.holds(init.exists(), "the depot's store lacks init=", line["init"])
    # Each link is of the machine's store.
    place = init.parent / "sw/bin/nixos-rebuild"
    while place.is_symlink():
        place = inside(os.readlink(place))
    refusal = "netimage-builder deploy ./result /srv/netimage --machine"
    setting.holds(refusal in place.read_text(), "nixos-rebuild does not say what to do", str(place))
    database = inside(line["netimage.database"])
    with sqlite3.connect(f"file:{database}/db.sqlite?immutable=1", uri=True) as connection:
        paths = [row[0] for row in connection.execute("SELECT path FROM ValidPaths")]
    setting.holds(len(paths) > 10, "the database has few paths", str(paths))
    missing = [path for path in paths if not inside(path).exists()]
    setting.same("registered paths that the depot's store lacks", [], missing)
    setting.same("the database's schema", "10", (database / "schema").read_text().strip())
    setting.holds((store / ".links").is_dir(), "the depot's store has no .links, which Nix wants")
