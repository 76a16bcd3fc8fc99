"""SIGKILL at any moment leaves the old image or the new one, and `clean` nothing else."""

import os
import signal
import subprocess
import time

from place import Place, Wrong, processes_of

# What makes a file system one that knows no flags of renameat2(2), as NFS.
WITHOUT_FLAGS = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2",
                 "-e", "inject=renameat2:error=EINVAL"]  # fmt: skip


def rounds(context):
    place = Place(context.program, context.closure(60), context.scratch("kills"))
    place.build("old")
    start = time.monotonic()
    place.build("new", "--force")
    usual = time.monotonic() - start
    while context.goes_on():
        replaces, flagless = context.random.random() < 0.7, context.random.random() < 0.3
        place.empty()
        if replaces:
            place.build("old")
        command = place.arguments("new", *(["--force"] if replaces else []))
        slower = 3 if flagless else 1
        delay = context.random.uniform(0, slower * usual * 1.1)
        build = subprocess.Popen(
            (WITHOUT_FLAGS if flagless else []) + command, env=place.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(delay)
        kill(build, place.image)
        before = {"old"} if replaces else {None}
        what = f"killed after {delay:.4f} s, {'old' if replaces else 'no'} image before, {'without' if flagless else 'with'} flags"
        wait_for_end(place.closure.nix_store)
        if not flagless:
            place.expect(before | {"new"}, what)
        place.clean()
        place.expect(before | {"new"}, f"{what}, then cleaned")
        place.expect_nothing_left(f"{what}, then cleaned")
        yield what


def kill(build, image):
    """The builder, and not the strace around it, which would wait for it."""
    for process in processes_of(image) or [build.pid]:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    build.wait()


def wait_for_end(program):
    for _ in range(100):
        if not processes_of(program):
            return
        time.sleep(0.01)
    raise Wrong(f"{program} outlived the build")


def in_use(context):
    """What a build under way uses is not cleaned."""
    place = Place(context.program, context.closure(60), context.scratch("in use"))
    for _ in range(10):
        build = subprocess.Popen(
            place.arguments("new", "--force"), env=place.environment(), stdout=subprocess.DEVNULL
        )
        while build.poll() is None:
            place.clean()
        if build.returncode != 0:
            raise Wrong("clean took from a build that was under way")
        place.expect({"new"}, "cleaned while it was built")
        place.expect_nothing_left("cleaned while it was built")
        yield "cleaned all the while"


def stuck(context):
    """`clean` goes on after what it cannot remove and says so; where there is no
    directory of temporary files, there is nothing to clean."""
    place = Place(context.program, context.closure(10), context.scratch("stuck"))
    mounted, other = place.out / ".netimage.a/mounted", place.out / ".netimage.b/other"
    for directory in (mounted, other):
        directory.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], check=True)
    status, text = place.run([place.program, "clean", place.out])
    subprocess.run(["umount", mounted], check=True)
    if status != 1 or str(mounted) not in text or str(other.parent) not in text or other.exists():
        raise Wrong(f"something is mounted: status {status}: {text}")
    place.temporary.rmdir()
    place.clean()
    place.temporary.mkdir()
    place.expect_nothing_left("cleaned again")
    yield "mounted"


def two_at_once(context):
    """Of two new builds to one place one wins, and the other one says so."""
    place = Place(context.program, context.closure(60), context.scratch("two"))
    for flagless in (False, True, True):
        place.empty()
        command = (WITHOUT_FLAGS if flagless else []) + place.arguments("new")
        builds = [
            subprocess.Popen(command, env=place.environment(), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
            for _ in range(2)
        ]  # fmt: skip
        statuses = sorted(build.wait() for build in builds)
        if statuses != [0, 2]:
            raise Wrong(f"of two builds, the statuses are {statuses}, flags: {not flagless}")
        place.expect({"new"}, "two builds")
        place.expect_nothing_left("two builds")
        yield "two builds"


def way_back(context):
    """Where neither the new image nor the old one can be put there, it says where the old is."""
    place = Place(context.program, context.closure(10), context.scratch("way back"))
    place.build("old")
    # The first rename of directories moves the old one away; none works after that.
    fails = [*WITHOUT_FLAGS[:-4], "-e", "trace=renameat,renameat2",
             "-e", "inject=renameat2:error=EINVAL", "-e", "inject=renameat:error=EIO:when=3+"]  # fmt: skip
    status, text = place.run(fails + place.arguments("new", "--force"))
    olds = list(place.out.glob(".netimage.*/image"))
    if status == 0 or len(olds) != 1 or str(olds[0]) not in text:
        raise Wrong(f"the old image is at {olds}, but it said: {text}")
    place.clean()
    place.expect({"old"}, "moved away, then cleaned")
    place.expect_nothing_left("moved away, then cleaned")
    yield "moved away"
    # The new one is there, but the disk does not take its name.
    fails = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
             "-e", "inject=fsync:error=EIO"]  # fmt: skip
    status, text = place.run(fails + place.arguments("new", "--force"))
    left = place.left()
    if status == 0 or len(left) != 1 or left[0] not in text:
        raise Wrong(f"left {left}, but it said: {text}")
    place.clean()
    place.expect({"new"}, "not synced, then cleaned")
    place.expect_nothing_left("not synced, then cleaned")
    yield "not synced"
