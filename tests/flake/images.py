"""Images of the configurations beside this, and those that cannot be."""

import filecmp
import json
import os
import re

from project import root_of
from setting import attempt

COMMAND_LINE = "root=/dev/nfs nfsroot=192.0.2.7:/mnt/nfsshare/old,vers=3 ip=dhcp init=/sbin/init\n"
# What the original's firmware commands write.
WRITTEN = [
    *["kernel.img", "initrd", "config.txt", "bootcode.bin", "start4.elf", "fixup4.dat"],
    *["bcm2711-rpi-4-b.dtb", "overlays/README"],
]


def original(setting):
    """The original's options, and nothing of ours."""
    setting.step("A configuration of the original's options")
    setting.build("original", "original-names", "directory-base-name")
    root = root_of(setting.results / "original")
    named = re.fullmatch("old-image-.*-aarch64-linux", root.name)
    setting.holds(named, f"the root's name: {root.name}")
    setting.same("rootDirectoryName", "old-root", root_of(setting.results / "original-names").name)
    later = root_of(setting.results / "directory-base-name").name
    setting.holds(later.startswith("later-"), "directoryBaseName has no effect")
    original_boot(setting, setting.results / "original/net-image/boot")
    original_root(setting, root)

    unwanted = re.compile(r"env-vars|note|files|\.attrs.*")
    published = [
        name
        for directory, directories, files in os.walk(setting.results / "original/")
        if "/nix/store" not in directory
        for name in directories + files
        if unwanted.fullmatch(name)
    ]
    setting.same("what was published of the build directory", [], published)


def original_boot(setting, boot):
    setting.same(".dotfile", "dot\n", (boot / ".dotfile").read_text())
    setting.same("what was quoted", "cost: $5 `date`\n", (boot / ".directory/text").read_text())
    setting.same("cmdline.txt as it was written", COMMAND_LINE, (boot / "cmdline.txt").read_text())
    for name in WRITTEN:
        setting.holds((boot / name).exists(), f"the firmware commands wrote {name}, and it is not there")
    setting.holds(not (boot / "kernel8.img").exists(), "files that the firmware commands did not write")
    hidden = sorted(name for name in os.listdir(boot) if name.startswith("."))
    setting.same("what is hidden in net-image/boot", [".directory", ".dotfile"], hidden)


def original_root(setting, root):
    setting.same("the root commands: .dotfile", "dot\n", (root / ".dotfile").read_text())
    setting.same("the root commands: quotes", '$HOME "quoted" \\n\n', (root / "etc/motd").read_text())
    init = root / "sbin/init"
    written = os.access(init, os.X_OK) and not init.is_symlink()
    setting.holds(written, "sbin/init is not what the commands wrote")
    setting.same("sbin/init", "#!/bin/sh", init.read_text().splitlines()[0])
    paths = os.listdir(root / "nix/store")
    one_more = any(name.endswith("-one-more") for name in paths)
    setting.holds(one_more, "storePaths: one-more is not in the store")
    system = any("-nixos-system-pi-" in name for name in paths)
    setting.holds(system, "storePaths: the system is not in the store")


def refused(setting):
    setting.step("Configurations that cannot work")
    cannot(setting, "refused-")


def failing(setting):
    setting.step("Images that cannot be built")
    cannot(setting, "failing-")


def cannot(setting, kind):
    """The words of each message are in what nix build says: in a narrow log of Nix's
    own, with its end of the build's log."""
    messages = json.loads(setting.evaluate("messages", setting.of_tests))
    messages = {name: words for name, words in messages.items() if name.startswith(kind)}
    for name, words in messages.items():
        output = f"{setting.tests}#packages.{setting.system}.{name}"
        done = attempt("unshare", "--net", "nix", "build", output, *setting.of_tests, "--no-link")
        if done.returncode == 0:
            setting.wrong(f"{name}: nix build does not fail")
            continue
        for word in words:
            setting.holds(word in done.stderr, f"{name}: nix build does not say: {word}", done.stderr)
    print(f"        {len(messages)} of them")


def parameters(setting):
    """They are a system's own, so that a generation has its own; nothing else is built for
    them."""
    setting.step("Kernel parameters alone")
    setting.build("systemd", "parameters")
    stores = [set(os.listdir(root_of(setting.results / name) / "nix/store")) for name in ["systemd", "parameters"]]
    for one, other in [stores, reversed(stores)]:
        changed = sorted(re.sub("^[0-9a-z]{32}-|-[0-9.]+stand-in$", "", name) for name in one - other)
        setting.same("store paths that changed", ["netimage-boot", "nixos-system-pi"], changed)
    compare = ["diff", "-rq", "--no-dereference", "systemd/net-image/boot", "parameters/net-image/boot"]
    lines = attempt(*compare, cwd=setting.results).stdout.splitlines()
    changed = [re.sub(r"^Files systemd/(.*) and .* differ$", r"\1", line) for line in lines]
    setting.same("boot files that changed", ["net-image/boot/cmdline.txt"], changed)
    command_line = (setting.results / "parameters/net-image/boot/cmdline.txt").read_text()
    given = "console=serial0,115200" in command_line
    setting.holds(given, "the parameter is not on the command line", command_line)


def together(setting):
    setting.step("Images of further configurations")
    paths = json.loads(setting.evaluate(f"outPaths.{setting.system}", setting.of_tests))
    # In one go, and those that were built alone are the same.
    outputs = "".join(f"{setting.tests}#packages.{setting.system}.{name}\n" for name in paths)
    setting.offline("build", "--stdin", *setting.of_tests, "-L", "--no-link", input=outputs)
    for name, path in paths.items():
        link = setting.results / name
        if link.is_symlink():
            setting.same(f"{name}, built together with others", path, str(link.resolve()))
        else:
            link.symlink_to(path)
    print(f"        {len(paths)} of them")

    plain = setting.offline("eval", "--raw", f"{setting.tests}#plain.{setting.system}", *setting.of_tests)
    setting.same("the image of lib.mkImage", paths["systemd"], plain)
    root = root_of(setting.results / "no-database")
    setting.holds(not (root / "nix/var/nix/db").exists(), "nixDatabase = false: there is one")
    registration = root / "nix-path-registration"
    setting.holds(registration.stat().st_size > 0, "no registration")
    boot = setting.results / "config-txt/net-image/boot"
    setting.same("firmware.files", "a text\n", (boot / "note.txt").read_text())
    copied = filecmp.cmp(setting.flake / "base.nix", boot / "overlays/my.dtbo", shallow=False)
    setting.holds(copied, "firmware.files: a path was not copied")


def without_flakes(setting):
    """default.nix, and the module's own builder."""
    setting.step("Without flakes")
    places = {"NIX_PATH": f"nixpkgs={setting.nixpkgs}:netimage={setting.work}/source"}
    expression = setting.work / "tests/without-flakes.nix"
    built = setting.offline(
        *["--no-out-link", expression, "--attr", "image"],
        **{"program": "nix-build", "env": os.environ | places},
    )
    setting.same("the image without flakes", str((setting.results / "systemd").resolve()), built.strip())
