"""Runs one command and says what it took.

A command runs below a fresh, small Python of its own: the kernel's account of a
process's children holds all that were waited for, so that it is the command's
alone. Processor time and bytes written are those of all its processes together,
peak memory is that of the largest of them.
"""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass


@dataclass
class Measurement:
    seconds: float
    # Of these, those until the command ended; what follows is the sync.
    returned: float
    user: float
    kernel: float
    # Of the largest process, in bytes; never below the 10 MiB of the Python that starts it.
    memory: int
    # Given to write(2), copy_file_range(2) and the like: into pipes, too.
    written: int

    def to_json(self):
        return asdict(self)


class Failed(Exception):
    """The command ended with an error."""


def measure(script, environment, settle):
    """Runs a shell script; `settle` is a directory whose file system is synced within the time."""
    command = [sys.executable, "-S", "-E", os.path.abspath(__file__), settle or "", script]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{script}\nfailed:\n{done.stderr[-4000:]}")
    return Measurement(**json.loads(done.stdout))


def written():
    with open("/proc/self/io", encoding="ascii") as io:
        return int(dict(line.split(": ") for line in io.read().splitlines())["wchar"])


def child(settle, script):
    before = written()
    start = time.monotonic()
    with open(os.devnull, "rb") as null:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            check=False,
            stdin=null,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    returned = time.monotonic() - start
    if settle:
        subprocess.run(["sync", "--file-system", settle], check=True)
    seconds = time.monotonic() - start
    if done.returncode:
        sys.stderr.buffer.write(done.stdout)
        sys.exit(1)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = usage.ru_maxrss * 1024
    measured = Measurement(seconds, returned, usage.ru_utime, usage.ru_stime, memory, written() - before)
    print(json.dumps(measured.to_json()))


if __name__ == "__main__":
    child(*sys.argv[1:])
