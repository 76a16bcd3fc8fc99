"""Says what was measured: tables of medians and ratios, for a terminal and docs/performance.md."""

import os
import platform
import statistics

from . import places, plot, ways

BEGIN, END = "<!-- made by benches/compare --report -->", "<!-- end -->"

DESIGNS = {
    "original": "two derivations, three copies",
    "none": "netimage, `--verify none`",
    "full": "netimage, `--verify full`",
    "lean": "netimage, `--lean`",
}


def machine(nix):
    with open("/proc/cpuinfo", encoding="ascii") as file:
        lines = [line.split(":", 1) for line in file if ":" in line]
    cpu = {name.strip(): value.strip() for name, value in lines}
    flags = cpu.get("flags", cpu.get("Features", "")).split()
    return {
        "cpu": cpu.get("model name", platform.machine()),
        "cores": os.cpu_count(),
        "sha": any(flag in flags for flag in ("sha_ni", "sha2")),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "kernel": platform.release(),
        "nix": nix.version() if nix else None,
    }


def median(runs, *names):
    return statistics.median(sum(run[name] for name in names) for run in runs)


def title(key, whole):
    name, _, way = key.rpartition("/")
    text = DESIGNS[way] if whole else ways.WAYS[way][0]
    return f"{text} ({name})" if name else text


def ratios(measured, key, against, field="seconds"):
    """The median of the ratios of the runs that were made in the same round."""
    pairs = zip(measured[against], measured[key], strict=True)
    return statistics.median(one[field] / other[field] for one, other in pairs)


def table(comparison):
    measured, whole = comparison["ways"], comparison["whole"]
    device = any("device" in run for runs in measured.values() for run in runs)
    synced = comparison["place"] != "tmpfs"
    head = ["way", "seconds", "least – most", "as fast as the original"]
    head += ["without the sync", "then as fast"] * synced
    head += ["CPU s", "peak MiB", "GB written"] + ["GB on the device"] * device
    rows = [head]
    for key, runs in measured.items():
        seconds = [run["seconds"] for run in runs]
        ratio = lambda *field: f"{ratios(measured, key, 'original', *field):.2f}x" if "original" in measured else ""
        row = [title(key, whole), f"{median(runs, 'seconds'):.2f}", f"{min(seconds):.2f} – {max(seconds):.2f}", ratio()]
        if synced:
            row += [f"{median(runs, 'returned'):.2f}", ratio("returned")]
        row += [
            f"{median(runs, 'user', 'kernel'):.2f}",
            f"{median(runs, 'memory') / 2**20:.0f}",
            f"{median(runs, 'written') / 1e9:.2f}",
        ]
        if device:
            row.append(f"{median(runs, 'device') / 1e9:.3f}")
        rows.append(row)
    return as_table(rows)


def as_table(rows):
    """A table of texts as Markdown, the first row being the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("| " + " | ".join(cells) + " |")
    rule = (
        "| " + " | ".join("-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)) + " |"
    )
    return "\n".join([lines[0], rule, *lines[1:]])


def where(comparison):
    closure = comparison["closure"]
    counts = f"{closure['paths']:,} store paths, {closure['files']:,} files, {closure['bytes'] / 1e9:.2f} GB"
    subject = "whole `nix build`, " if comparison["whole"] else ""
    title = closure["title"][0].upper() + closure["title"][1:]
    return f"{title}: {subject}{places.TITLES[comparison['place']]}", counts


def words(machine):
    sha = "with" if machine["sha"] else "without"
    nix = f", {machine['nix']}" if machine["nix"] else ""
    return (
        f"{machine['cpu']}, {machine['cores']} cores ({sha} SHA instructions), "
        f"{machine['memory'] / 2**30:.0f} GiB of memory, Linux {machine['kernel']}{nix}"
    )


def make(comparisons, repository):
    """Writes the tables and the plot of docs/performance.md."""
    docs = os.path.join(repository, "docs")
    machines = sorted({words(comparison["machine"]) for comparison in comparisons})
    parts = [f"Measured on {machine}." for machine in machines]
    for comparison in comparisons:
        title, counts = where(comparison)
        runs = len(next(iter(comparison["ways"].values())))
        parts.append(f"### {title}\n\n{counts}; {runs} runs.\n\n{table(comparison)}")
    replace(os.path.join(docs, "performance.md"), BEGIN, END, "\n\n".join(parts))
    with open(os.path.join(docs, "performance.svg"), "w", encoding="utf-8") as file:
        file.write(plot.draw([panel(comparison) for comparison in comparisons]))


def replace(file, begin, end, made):
    """Puts text between two lines of a file in the place of what is there."""
    with open(file, encoding="utf-8") as old:
        before, rest = old.read().split(begin)
    _, after = rest.split(end)
    with open(file, "w", encoding="utf-8") as new:
        new.write(f"{before}{begin}\n\n{made}\n\n{end}{after}")


def panel(comparison):
    """What the plot shows of a comparison: a title and bars of median, least and most seconds."""
    bars = []
    for key, runs in comparison["ways"].items():
        seconds = [run["seconds"] for run in runs]
        ours = key.rpartition("/")[2] in ways.OURS and key.rpartition("/")[2] != "hash"
        name = title(key, comparison["whole"]).replace("`", "")
        bars.append(plot.Bar(name, statistics.median(seconds), min(seconds), max(seconds), ours))
    name, counts = where(comparison)
    return plot.Panel(name.replace("`", ""), counts, bars)
