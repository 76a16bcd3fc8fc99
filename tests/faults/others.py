"""Other users beside the destination, and images whose roots others have written."""

import ctypes
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

from place import Place, Wrong, remove

NOBODY = 65534
SECRET = "the secret of the server"


TRACE = ["strace", "-f", "-qq", "-o", "/dev/null"]
# Time to put something in the place of what was just made, and then to fill it.
SLOW_BEGIN = [*TRACE, "-e", "trace=mkdirat", "-e", "inject=mkdirat:delay_exit=200000:when=1..6"]
# Time to put something in the place of what is finished.
SLOW_END = [*TRACE, "-e", "trace=renameat2", "-e", "inject=renameat2:delay_enter=700000"]


def swapped(context):
    """Whoever owns the destination's directory leads a build of root nowhere else, and
    no image is reported that is not the one that was built."""
    directory = context.scratch("swapped")
    place = Place(context.program, context.closure(60), directory)
    # Everyone may go through what lies above.
    for above in [directory, *directory.parents]:
        above.chmod(above.stat().st_mode | 0o111)
    victim = directory / "victim"
    victim.mkdir(mode=0o700)
    os.chown(place.out, NOBODY, NOBODY)
    while context.goes_on():
        place.empty()
        # At once something of root's that is open to all; late; or at any time.
        trap, delay, slow = None, context.random.uniform(0, 0.6), []
        if context.started % 3 == 1:
            trap, delay, slow = place.out / "trap", 0, SLOW_BEGIN
            trap.mkdir()
            trap.chmod(0o1777)
        elif context.started % 3 == 2:
            delay, slow = delay + 0.4, SLOW_END
        swapper = os.fork()
        if swapper == 0:
            swap(place.out, victim, delay, trap)
        status, text = place.run(slow + place.arguments("new"))
        os.kill(swapper, signal.SIGKILL)
        os.waitpid(swapper, 0)
        what = f"swapped after {delay:.3f} s{', for what is open to all' if trap else ''}"
        mode = stat.S_IMODE(victim.stat().st_mode)
        if mode != 0o700 or os.listdir(victim) or victim.stat().st_mtime == 1:
            raise Wrong(f"{what}: what is elsewhere was changed: {mode:o} {os.listdir(victim)}")
        if "panicked" in text:
            raise Wrong(f"{what}: {text}")
        if status == 0:
            place.expect({"new"}, what)
        yield what


def swap(out, victim, delay, trap):
    """Puts a tree of links to `victim` in the place of what the build has made."""
    ctypes.CDLL(None).usleep(int(delay * 1e6))
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    while True:
        for name in os.listdir(out):
            if not name.startswith(".netimage."):
                continue
            try:
                os.rename(out / name, out / f"taken{os.getpid()}")
                if trap:
                    os.rename(trap, out / name)
                    # Until it was found empty.
                    time.sleep(0.3)
                root = out / name / "net-image/os/image-1"
                root.mkdir(parents=True)
                for link in ("tmp", "root", "var", "boot", "nix", "etc"):
                    (root / link).symlink_to(victim)
                (out / name / "net-image/boot").symlink_to(victim)
                (out / name / "nix-support").symlink_to(victim)
            except OSError:
                continue
            os._exit(0)


def root_of(image):
    return image / "net-image/os/image-1"


def in_place_of(name, make):
    """A change of the root: `make` in the place of what is there."""

    def change(image):
        path = root_of(image) / name
        if path.exists() or path.is_symlink():
            remove(path)
        make(path)

    return change


def deep(image):
    at = os.open(root_of(image) / "home", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("directory", dir_fd=at)
        at = os.open("directory", os.O_RDONLY, dir_fd=at)
    os.close(at)


# What a machine that was served such a root may have made of it: a word, and a
# function that does it to the image. No command may hang, print SECRET, which lies
# in a file of that name beside the image, or end otherwise than with 0, 1 or 2.
HOSTILE = [
    ("a FIFO as the registration", in_place_of("nix-path-registration", os.mkfifo)),
    ("a FIFO in etc", in_place_of("etc/fstab", os.mkfifo)),
    ("the registration elsewhere", in_place_of("nix-path-registration", lambda path: path.symlink_to("../../../../SECRET"))),
    ("the store elsewhere", in_place_of("nix/store", lambda path: path.symlink_to("/"))),
    ("a circle", in_place_of("nix/var", lambda path: path.symlink_to("var"))),
    ("directories deeper than paths are long", deep),
]  # fmt: skip


def hostile(context):
    """An image that others have written to harms nobody who looks at it or replaces it."""
    place = Place(context.program, context.closure(12), context.scratch("hostile"))
    for word, change in HOSTILE:
        place.empty()
        place.build("old")
        secret = place.out / "SECRET"
        secret.write_text(SECRET)
        change(place.image)
        for command in (["verify", place.image], ["check", place.image], ["show", place.image]):
            try:
                status, text = place.run([place.program, *command], timeout=30)
            except subprocess.TimeoutExpired:
                raise Wrong(f"{word}: {command[0]} hangs")
            if status not in (0, 1, 2) or SECRET in text or "panicked" in text:
                raise Wrong(f"{word}: {command[0]}, status {status}: {text}")
        place.build("new", "--force")
        if secret.read_text() != SECRET:
            raise Wrong(f"{word}: what lies beside was changed")
        secret.unlink()
        place.expect({"new"}, word)
        place.expect_nothing_left(word)
        yield word


def images(context):
    """Images changed at random, by the program beside."""
    seconds = max(5, round(context.until - time.monotonic()))
    program = Path(__file__).with_name("hostile")
    command = [program, "--seconds", str(seconds), "--seed", str(context.seed), context.program]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds + 300)
    if done.returncode:
        raise Wrong(done.stdout)
    yield done.stdout.strip()
