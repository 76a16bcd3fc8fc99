"""Measures builds and verifications of generated closures and prints a table.

Every measurement is a process of its own below a fresh, small Python, since the
peak that the kernel reports is that of all children so far, and is never below
the parent's own 10 MiB. No image is deleted before all are measured: ext4 steps
over every inode that was freed in the last minutes, which costs more than the
build. Growth is judged by the time that the program itself used: the kernel's
share depends on the file system and on what its caches still hold.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time

LIMIT = 64 * 1024 * 1024
GROWTH = 3.0


def measured(command):
    """Runs `command` below another Python; returns seconds, the user's and the kernel's, and peak bytes."""
    answer = subprocess.run(
        [sys.executable, "-S", "-E", __file__, "--child", *command], check=False, stdout=subprocess.PIPE, text=True
    )
    if answer.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return json.loads(answer.stdout)


def child(command):
    start = time.monotonic()
    with open(os.devnull, "wb") as null:
        done = subprocess.run(command, check=False, stdin=null, stdout=null, stderr=subprocess.PIPE)
    seconds = time.monotonic() - start
    if done.returncode:
        sys.stderr.buffer.write(done.stderr)
        sys.exit(1)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([seconds, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024]))


def main(builder, spec, images, closures, *sizes):
    head = f"{'files':>9} {'paths':>7}  {'command':<20} {'seconds':>8} {'us/file':>8}"
    print(f"{head} {'user':>8} {'kernel':>8} {'peak MiB':>9}", flush=True)
    per_file, peaks = {}, {}
    for files in map(int, sizes):
        closure = os.path.join(closures, str(files))
        image = os.path.join(images, str(files))
        build = [builder, "build", "--spec", spec]
        build += ["--registration", os.path.join(closure, "registration")]
        build += ["--real-store-dir", os.path.join(closure, "store")]
        rows = [
            ("build --verify full", [*build, "--verify", "full", "--out", f"{image}-full"]),
            ("verify", [builder, "verify", f"{image}-full"]),
            ("build --verify none", [*build, "--verify", "none", "--out", f"{image}-none"]),
        ]
        paths = len(os.listdir(os.path.join(closure, "store")))
        for label, command in rows:
            seconds, user, kernel, peak = measured(command)
            row = f"{files:>9} {paths:>7}  {label:<20} {seconds:>8.2f} {seconds / files * 1e6:>8.1f}"
            print(f"{row} {user:>8.2f} {kernel:>8.2f} {peak / 2**20:>9.1f}", flush=True)
            per_file.setdefault(label, []).append(user / files)
            peaks[label] = peak
    failed = False
    for label, values in per_file.items():
        if values[-1] > GROWTH * values[0]:
            print(f"{label}: the program's time per file grew {values[-1] / values[0]:.1f} times", file=sys.stderr)
            failed = True
        if peaks[label] > LIMIT:
            print(f"{label}: {peaks[label] / 2**20:.1f} MiB at {sizes[-1]} files", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    # The builder gets these too, cleans up and ends; whoever removes what is left
    # has to wait for that. A handler, unlike SIG_IGN, is not the builder's to inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    if sys.argv[1] == "--child":
        child(sys.argv[2:])
    else:
        main(*sys.argv[1:])
