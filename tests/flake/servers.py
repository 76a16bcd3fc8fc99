"""Servers of machines: those that cannot be, and one that is switched to."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections import defaultdict

from setting import attempt

DEPOT = "/srv/netimage"
# What was ended, as it did not end by itself.
ENDED = -1


def refused(setting):
    setting.step("Servers that cannot work")
    servers = json.loads(setting.evaluate("refusedServers", setting.of_tests))
    for name, server in servers.items():
        said = "\n".join(server["said"])
        for word in server["says"]:
            setting.holds(word in said, f"{name}: no assertion says: {word}", said)
    print(f"        {len(servers)} of them")


def switched(setting):
    """The units' own programs, on a depot, each seeing of it what its unit lets it see."""
    setting.step("A server that is switched to, and what its units do")
    for name in ["least", "half", "later"]:
        system = f"{setting.tests}#servers.{name}.config.system.build.toplevel"
        link = ["--out-link", setting.results / f"server-{name}"]
        setting.offline("build", system, *setting.of_tests, *link)
    server = Server(setting)
    first(setting, server)
    half(setting, server)
    later(setting, server)
    back(setting, server)


def first(setting, server):
    server.switch("least")
    setting.same("machines", ["garden", "kitchen"], server.machines())
    for directory in ["1234abcd", "5678ef01"]:
        setting.same(f"what {directory} is served", "g1/", server.prefix(directory))
    exports = server.exports()
    for line in ["192.0.2.21(ro,all_squash,", "192.0.2.22(rw,no_root_squash,"]:
        setting.holds(line in exports, f"the exports lack {line}", exports)
    # The same once more, as at each boot.
    said = server.switch("least")
    setting.holds("gets this image already" in said, "the same image is deployed again", said)
    server.run("netimage-gc")
    setting.same("verify after gc", 0, server.tool("verify").returncode)


def half(setting, server):
    """What is wrong with one machine keeps no other from its image, and is said."""
    server.run("netimage-depot", system="half")
    done = server.run("netimage-deploy", system="half", fails=True)
    setting.holds("not deployed: garden;" in done.stderr, "what failed is not said", done.stderr)
    for name, last in {"kitchen": 2, "garden": 1}.items():
        listed = json.loads(server.tool("list-generations", name, "--format", "json").stdout)
        setting.same(f"generations of {name}", last, listed["last"])


def later(setting, server):
    """The next generation has its one try, of which dnsmasq's hook tells watch."""
    server.switch("later")
    setting.same("machines", ["kitchen"], server.machines())
    setting.holds("192.0.2.22" not in server.exports(), "what is gone is exported still")
    kept = (server.depot / "persist/garden").is_dir()
    setting.holds(kept, "what a machine kept that is gone is gone, too")
    setting.same("what is tried", "g3/", server.prefix("1234abcd"))
    fetch(server, [f"1234abcd/{file}" for file in ["config.txt", "g3/cmdline.txt", "g3/kernel8.img"]])
    setting.same("what the hook noted", 3, len(os.listdir(server.depot / "spool")))
    lookup = f"ls -A {DEPOT}; ls {DEPOT}/tftp; ! touch {DEPOT}/tftp/file {DEPOT}/file 2>/dev/null"
    seen = server.run("netimage-dnsmasq", program=f"/bin/sh -c {shlex.quote(lookup)}").stdout.split()
    setting.same("what dnsmasq sees", ["depot.json", "hook", "spool", "tftp", "1234abcd"], seen)
    server.run("netimage-watch", seconds=3)
    setting.same("what is served after the try", "g2/", server.prefix("1234abcd"))


def back(setting, server):
    """A machine that is declared again has what it kept, and gets its image."""
    server.switch("least")
    setting.same("machines", ["garden", "kitchen"], server.machines())
    setting.holds(server.prefix("5678ef01") != "", "what came back is served nothing")
    setting.same("verify in the end", 0, server.tool("verify").returncode)


def fetch(server, files):
    """A machine fetches files from this machine's dnsmasq, as its unit has it. Where there
    is none, the hook is told what it would be."""
    dnsmasq = shutil.which("dnsmasq", path=f"{os.environ['PATH']}:/usr/sbin")
    if not dnsmasq:
        print("        without dnsmasq, which is not installed: its hook is told by hand")
        for file in files:
            told = ["tftp", "7", "192.0.2.21", f"{DEPOT}/tftp/{file}"]
            server.run("netimage-dnsmasq", program=f"{DEPOT}/hook {shlex.join(told)}")
        return
    before = [
        "ip link set lo up",
        *(f"ip address add 192.0.2.{last}/32 dev lo" for last in [1, 21]),
        "sed -i s/^interface=.*/interface=lo/ /run/netimage-dnsmasq/dnsmasq.conf",
        "mount -t tmpfs tmpfs /var/lib; mkdir /var/lib/netimage-dnsmasq",
        "for file in passwd group; do cp /etc/$file /run; echo netimage:x:990:990::/:/bin/sh >>/run/$file",
        "mount --bind /run/$file /etc/$file; done",
    ]
    url = f"tftp://192.0.2.1/{{{','.join(files)}}}"
    curl = f"curl --silent --show-error --retry 5 --retry-all-errors --interface 192.0.2.21 {shlex.quote(url)}"
    words = server.unit("netimage-dnsmasq")["ExecStart"][0].split()
    # The hook is called after the file is there.
    noted = f"[ $(ls {DEPOT}/spool | wc -l) = {len(files)} ]"
    wait = f"for _ in $(seq 100); do ! {noted} || break; sleep 0.1; done"
    script = f"{shlex.join([dnsmasq, *words[1:]])} & sleep 1; {curl} >/run/fetched; {wait}"
    server.run("netimage-dnsmasq", program=f"/bin/sh -c {shlex.quote(script)}", before=before)


class Server:
    """A machine that runs nothing but the units' programs, one at a time."""

    def __init__(self, setting):
        self.setting = setting
        self.root = setting.work / "server"
        shutil.rmtree(self.root, ignore_errors=True)
        self.depot = self.root / "depot"
        self.depot.mkdir(parents=True)
        (self.root / "run").mkdir()
        self.system = None

    def switch(self, system):
        """What the units say that a switch starts."""
        self.system = system
        names = ["netimage-depot", "netimage-deploy", "netimage-exports"]
        return "".join(self.run(name).stdout for name in names)

    def machines(self):
        listed = json.loads(self.tool("machine", "list", "--format", "json").stdout)
        return sorted(machine["name"] for machine in listed)

    def prefix(self, directory):
        """Where what a machine is served has its files."""
        config = (self.depot / "tftp" / directory / "config.txt").read_text()
        return re.search("^os_prefix=(.*)$", config, re.MULTILINE)[1]

    def exports(self):
        return (self.root / "run/netimage/exports").read_text()

    def tool(self, *words):
        """netimage-builder, with the depot behind the command's own words."""
        command = words[:2] if words[0] == "machine" else words[:1]
        return attempt(self.setting.builder, *command, self.depot, *words[len(command) :])

    def run(self, name, system=None, program=None, before=(), fails=False, seconds=60):
        """Runs what a unit runs, or another program in its place, before which something
        else is done."""
        unit = self.unit(name, system)
        runtime = "".join(f"/run/{directory}" for directory in unit["RuntimeDirectory"])
        lines = ["set -e", "mount --make-rprivate /", "mount -t tmpfs tmpfs /srv"]
        lines += ['mount --bind "$SERVER/run" /run', *([f"mkdir -p {runtime}"] if runtime else [])]
        lines += [*sandbox(unit, f"RUNTIME_DIRECTORY={runtime}"), *before]
        environment = [*unit["Environment"], f"RUNTIME_DIRECTORY={runtime}"]
        bounds = ",".join(["-all", *(f"+{one[4:].lower()}" for one in unit["CapabilityBoundingSet"])])
        limits = f"setpriv --no-new-privs --bounding-set={bounds}" if unit["CapabilityBoundingSet"] else ""
        lines.append(f"exec env -i {shlex.join(environment)} {limits} {program or unit['ExecStart'][0]}")
        done = within("\n".join(lines), os.environ | {"SERVER": str(self.root)}, seconds)
        expected = ENDED if name == "netimage-watch" else 0
        if (done.returncode != expected) != fails:
            self.setting.wrong(f"{name} of {system or self.system} ends with {done.returncode}", done.stdout + done.stderr)
        return done

    def unit(self, name, system=None):
        """What stands in a unit, by its keys."""
        text = (self.setting.results / f"server-{system or self.system}/etc/systemd/system/{name}.service").read_text()
        unit = defaultdict(list)
        for key, value in re.findall("^([A-Za-z]+)=(.+)$", text, re.MULTILINE):
            unit[key].append(value.strip('"'))
        return unit


def within(script, environment, seconds):
    """Runs a shell's script in namespaces of its own, and ends it after that time."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        try:
            out, error = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, error = process.communicate()
            code = ENDED
    return subprocess.CompletedProcess(command, code, out, error)


def sandbox(unit, environment):
    """The mounts of a unit, as systemd.exec(5) has them, as shell commands, and before
    them what sees none of these. The depot is in a second place, too, while it is hidden."""
    aside = "/srv/aside"
    lines = [f"mkdir {aside} {DEPOT}", *(f"mount --bind \"$SERVER/depot\" {to}" for to in [aside, DEPOT])]
    lines += [f"{environment} {command[1:]}" for command in unit["ExecStartPre"] if command[0] == "+"]
    hidden = [path.split(":")[0] for path in unit["TemporaryFileSystem"]]
    lines += [f"mount -t tmpfs tmpfs {path}" for path in hidden]
    for key in ["BindPaths", "BindReadOnlyPaths"]:
        for path in unit[key]:
            source, _, target = path.partition(":")
            target = target or source
            source = source.replace(DEPOT, aside)
            lines.append(f"if [ -d {source} ]; then mkdir {target}; else touch {target}; fi")
            lines.append(f"mount --bind {source} {target}")
            lines += [f"mount -o remount,bind,ro {target}"] * (key == "BindReadOnlyPaths")
    lines += [f"mount -o remount,ro {path}" for path in hidden]
    lines += [f"mount -t tmpfs -o mode=0,ro tmpfs {path.lstrip('-')}" for path in unit["InaccessiblePaths"]]
    return [*lines, f"umount {aside}"]
