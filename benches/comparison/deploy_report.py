"""Says what was measured of depots: tables, and what was asked for beside what came of it."""

import os
import statistics

from . import places, report

BEGIN, END = "<!-- made by benches/compare --deploy --update -->", "<!-- end of depots -->"


def table(name, group):
    """Medians, the first way being what the others are compared with, where they do the same."""
    runs = group["ways"]
    is_compared = name != "fleet"
    against = next(iter(runs))
    head = ["way", "seconds", "least – most", "without the sync"]
    rows = [[*head, *["as fast as the first"] * is_compared, "CPU s", "peak MiB", "MB more"]]
    for key, measured in runs.items():
        seconds = [run["seconds"] for run in measured]
        row = [
            group["titles"][key],
            f"{report.median(measured, 'seconds'):.3f}",
            f"{min(seconds):.3f} – {max(seconds):.3f}",
            f"{report.median(measured, 'returned'):.3f}",
        ]
        if is_compared:
            row.append(f"{report.ratios(runs, key, against):.2f}x")
        row += [
            f"{report.median(measured, 'user', 'kernel'):.3f}",
            f"{report.median(measured, 'memory') / 2**20:.0f}",
            f"{report.median(measured, 'kept') / 1e6:.2f}" if "kept" in measured[0] else "",
        ]
        rows.append(row)
    return report.as_table(rows)


class Outcome:
    """What was asked for: a figure and its bound."""

    def __init__(self, asked, value, limit=None, unit="", least=False, digits=2):
        self.asked, self.is_asked = asked, limit is not None
        self.text = f"{value:.{digits}f}{unit}"
        self.is_reached = not self.is_asked or (value >= limit if least else value <= limit)

    def row(self):
        return [self.asked, self.text, "" if not self.is_asked else "yes" if self.is_reached else "no"]


def outcomes(groups):
    """All of them; of groups that were not measured, nothing."""
    makers = {
        "changed": of_changes,
        "fleet": of_machines,
        "collect": of_collection,
        "lean": of_lean_images,
        "whole": of_whole_builds,
    }
    return [one for name, make in makers.items() if name in groups for one in make(groups[name]["ways"])]


def paired(ways, ratio):
    """The median of what a function gives of the seconds of each round."""
    seconds = ([run["seconds"] for run in runs] for runs in ways.values())
    rounds = zip(*seconds, strict=True)
    return statistics.median(ratio(**dict(zip(ways, one, strict=True))) for one in rounds)


def of_changes(ways):
    asked = "some paths changed: `deploy` at least 5 times as fast as `rsync -aH --checksum` and a sync"
    yield Outcome(asked, paired(ways, lambda rsync, known, **_: rsync / known), 5, least=True)
    yield Outcome("the same with the check", paired(ways, lambda rsync, deploy, **_: rsync / deploy))
    asked = "at most 1.3 of names compared, `cp -a`, sync and renames, and hashing what is new, together"
    yield Outcome(asked, paired(ways, lambda copy, hash, known, **_: known / (copy + hash)), 1.3)
    yield Outcome("the same with the check", paired(ways, lambda copy, hash, deploy, **_: deploy / (copy + hash)))
    yield Outcome("the check", paired(ways, lambda deploy, known, **_: deploy - known), unit=" s")
    yield Outcome("nothing changed: below 0.1 s", report.median(ways["again"], "returned"), 0.1, " s", digits=3)


def of_machines(ways):
    counts = [int(key.split("-")[1]) for key in ways if key.startswith("deploy")]
    few, many = counts[0], counts[-1]
    for count in (few, many):
        limits = (0.05, 100) if count == few else (None, None)
        beside = f"one more machine than {count:,}"
        asked = f"{beside}: below 50 ms" if limits[0] else beside
        runs = ways[f"next-{count}"]
        yield Outcome(asked, report.median(runs, "returned"), limits[0], " s", digits=3)
        asked = f"{beside}: below 100 kB on disk" if limits[1] else f"{beside}: on disk"
        yield Outcome(asked, report.median(runs, "kept") / 1e3, limits[1], " kB", digits=0)
    all_of_them = ways[f"deploy-{many}"]
    yield Outcome(f"{many:,} machines to a new generation: below 30 s", report.median(all_of_them, "seconds"), 30, " s")
    memory = report.median(all_of_them, "memory") / 2**20
    yield Outcome(f"{many:,} machines: below 64 MiB of memory", memory, 64, " MiB", digits=0)
    for count in counts:
        each = report.median(ways[f"deploy-{count}"], "seconds") / count * 1e3
        yield Outcome(f"each of {count:,} machines", each, unit=" ms", digits=1)
    yield Outcome(
        f"`status` of {many:,} machines: below 0.2 s",
        report.median(ways[f"status-{many}"], "returned"),
        0.2,
        " s",
        digits=3,
    )


def of_collection(ways):
    yield Outcome("`gc` at most 1.0 of `rm -rf` of the same", paired(ways, lambda rm, gc: gc / rm), 1.0)


def of_lean_images(ways):
    yield Outcome("a lean image: below 1 s", report.median(ways["lean"], "returned"), 1, " s")
    if "database" in ways:
        yield Outcome("the same with the database", report.median(ways["database"], "returned"), unit=" s")


def of_whole_builds(ways):
    faster = paired(ways, lambda full, lean: full / lean)
    yield Outcome("whole `nix build`: a lean image is as many times as fast as one with its store", faster)


def words(groups, machine, place):
    """All of it, as it stands in docs/performance.md."""
    parts = [f"Measured on {report.words(machine)}, {places.TITLES[place]}."]
    rows = [["what was asked", "what came of it", "reached"], *(outcome.row() for outcome in outcomes(groups))]
    parts.append(report.as_table(rows))
    for name, group in groups.items():
        count = len(next(iter(group["ways"].values())))
        title = group["title"][0].upper() + group["title"][1:]
        parts.append(f"### {title}\n\n{'One run' if count == 1 else f'{count} runs'}.\n\n{table(name, group)}")
    return "\n\n".join(parts)


def update(text, repository):
    """Puts it in its place in docs/performance.md."""
    report.replace(os.path.join(repository, "docs/performance.md"), BEGIN, END, text)
