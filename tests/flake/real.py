"""The whole of NETIMAGE_NIXPKGS in place of the stand-in."""

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from evaluation import complain
from setting import attempt

OVERLAY = "{ nixpkgs.overlays = [ (import ./the-overlay.nix) ]; }\n"


def claims(setting):
    setting.step("The whole of NETIMAGE_NIXPKGS")
    inputs = setting.inputs(setting.pinned(os.environ["NETIMAGE_NIXPKGS"])[1])
    overlay = os.environ.get("NETIMAGE_OVERLAY")
    if overlay:
        shutil.copy(overlay, setting.work / "tests/the-overlay.nix")
        (setting.work / "tests/overlay.nix").write_text(OVERLAY)
    names = json.loads(setting.evaluate("whole", inputs, "--apply", "builtins.attrNames"))
    servers = json.loads(setting.evaluate("servers", inputs, "--apply", "builtins.attrNames"))
    messages = json.loads(setting.evaluate("messages", inputs))
    messages = {name: words for name, words in messages.items() if name.startswith("refused-")}

    def evaluated(attribute):
        output = f"{setting.tests}#{attribute}"
        return attempt("unshare", "--net", "nix", "eval", "--json", output, *inputs)

    # Each in a process of its own, for the sake of memory: NixOS is large.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        setting.step("What has to hold of each configuration, with NETIMAGE_NIXPKGS")
        whole = dict(zip(names, pool.map(evaluated, (f"whole.{name}" for name in names))))
        hold(setting, whole)
        setting.step("Servers, with NETIMAGE_NIXPKGS")
        systems = (f"servers.{name}.config.system.build.toplevel.drvPath" for name in servers)
        for name, done in zip(servers, pool.map(evaluated, systems)):
            setting.holds(done.returncode == 0, f"the server {name} cannot be evaluated", done.stderr)
        setting.step("Configurations that cannot work, with NETIMAGE_NIXPKGS")
        images = (f"packages.x86_64-linux.{name}.drvPath" for name in messages)
        cannot(setting, messages, dict(zip(messages, pool.map(evaluated, images))))


def hold(setting, whole):
    broken = {}
    for name, done in whole.items():
        if done.returncode:
            setting.wrong(f"{name} cannot be evaluated with NETIMAGE_NIXPKGS", done.stderr)
            continue
        found = json.loads(done.stdout)
        broken[name] = found["broken"]
        # Where machines share a store, none has its name.
        system = re.search(r"-nixos-system-(pi|unnamed)-.*\.drv$", found["toplevel"])
        setting.holds(system, f"{name}: no derivation of the system", found["toplevel"])
        # Nothing of the image may need a machine that runs what the image holds.
        shown = json.loads(setting.offline("derivation", "show", found["netImage"]))
        for derivation in shown.get("derivations", shown).values():
            setting.same(f"{name}: where the image is built", "x86_64-linux", derivation["system"])
    complain(setting, "NETIMAGE_NIXPKGS", broken)


def cannot(setting, messages, evaluated):
    for name, done in evaluated.items():
        if done.returncode == 0:
            setting.wrong(f"{name} is not refused with NETIMAGE_NIXPKGS")
            continue
        for word in messages[name]:
            setting.holds(word in done.stderr, f"{name}: nix does not say: {word}", done.stderr)
    print(f"        {len(messages)} of them")
