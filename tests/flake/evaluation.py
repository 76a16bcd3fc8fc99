"""What the configurations come to, as data."""

import json
import re
import shutil

from setting import Wrong, attempt


def documented(setting):
    """Each message of an assertion or a warning, as far as it is fixed, is in the docs."""
    setting.step("What is an address, and the messages in docs/migration.md")
    misjudged = json.loads(setting.evaluate("texts", setting.of_tests))
    setting.same("servers and options that are misjudged", [], misjudged)
    page = (setting.repository / "docs/migration.md").read_text()
    for message in sorted(messages(setting.repository / "nix/module")):
        setting.holds(message in page, f"docs/migration.md lacks the message: {message}")


def messages(directory):
    """The first line of each, up to what varies in it."""
    first = re.compile(r"(?:message = ''|warnings = .*'')\n *(.*)|message = ''(.+)'';")
    for file in directory.glob("*.nix"):
        for below, beside in first.findall(file.read_text()):
            yield (below or beside).split("${")[0]


def come_to(setting, attribute):
    """Without hashes of store paths, which change with every part of the system."""
    text = setting.evaluate(attribute, setting.of_tests)
    return json.loads(re.sub("/nix/store/[0-9a-z]{32}-", "/nix/store/…-", text))


def lines(data):
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_golden(setting, directory):
    """A file for each configuration and each server, and one for all boards."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    boards = {}
    for name, data in come_to(setting, "golden").items():
        if name.startswith("board-"):
            boards[name] = data
        else:
            (directory / f"{name}.json").write_text(lines(data))
    (directory / "boards.json").write_text(lines(boards))
    for name, data in come_to(setting, "goldenServers").items():
        (directory / f"fleet-{name}.json").write_text(lines(data))


def update(setting):
    setting.step("Writing tests/flake/golden")
    write_golden(setting, setting.flake / "golden")


def golden(setting):
    setting.step("What the configurations come to")
    found = setting.work / "golden"
    write_golden(setting, found)
    different = attempt("diff", "-ru", setting.flake / "golden", found)
    if different.returncode:
        raise Wrong("tests/flake/golden differs; --update writes it anew", different.stdout)


def alone(setting):
    """One by itself, without the others."""
    found = lines(come_to(setting, "golden.scripted-v3"))
    expected = (setting.work / "golden/scripted-v3.json").read_text()
    setting.same("a configuration in a flake with others", expected, found)


def claims(setting):
    setting.step("What has to hold of each configuration")
    broken = json.loads(setting.evaluate("broken", setting.of_tests))
    complain(setting, "the stand-in", broken)


def complain(setting, nixpkgs, broken):
    """Of what does not hold, by configuration."""
    for name, claims in broken.items():
        setting.holds(not claims, f"{name} does not hold with {nixpkgs}:", "\n".join(claims))
    print(f"        {len(broken)} configurations")
