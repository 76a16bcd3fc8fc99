"""Any system call may fail: then the build does, cleanly, or does without it."""

import collections
import re
import subprocess

from place import Place, Wrong

CALLS = """write read copy_file_range openat openat2 mkdirat fchmod fchmodat utimensat linkat
symlinkat unlinkat getdents64 fstat newfstatat flock syncfs fsync renameat renameat2""".split()
ERRORS = "EIO ENOSPC EINTR EACCES EMFILE".split()


def rounds(context):
    place = Place(context.program, context.closure(12), context.scratch("calls"))
    counts = count(place)
    while context.goes_on():
        call = context.random.choice([call for call in CALLS if counts[call]])
        error = context.random.choice(ERRORS)
        first = context.random.randint(1, counts[call])
        # A call that is interrupted for ever is rightly tried for ever.
        more = "" if error == "EINTR" else context.random.choice(["", "+"])
        when = f"{first}{more}"
        replaces = context.random.random() < 0.5
        place.empty()
        if replaces:
            place.build("old")
        inject = f"inject={call}:error={error}:when={when}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
        force = ["--force"] if replaces else []
        try:
            status, text = place.run(command + place.arguments("new", *force))
        except subprocess.TimeoutExpired:
            raise Wrong(f"{inject}: hangs")
        judge(place, status, text, {"old"} if replaces else {None}, inject)
        yield inject


def count(place):
    """How often a build makes each call."""
    log = place.temporary.parent / "log"
    command = ["strace", "-f", "-qq", "-o", log, "-e", f"trace={','.join(CALLS)}"]
    status, text = place.run(command + place.arguments("new"))
    if status != 0:
        raise Wrong(f"a build under strace fails: {text}")
    names = re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE)
    return collections.Counter(names)


def judge(place, status, text, before, what):
    if "panicked" in text:
        raise Wrong(f"{what}: {text}")
    if status == 0:
        place.expect({"new"}, f"{what}, status 0")
    elif "is whole, but its name may be lost" in text or "cannot print the result" in text:
        place.expect({"new"}, what)
    elif not text:
        # Neither the result nor this could be written.
        place.expect(before | {"new"}, what)
    elif "the old image is now" not in text:
        place.expect(before, f"{what}, status {status}")
    told = ("could not be removed" in text or "is now" in text or "may be lost" in text)
    # The scratch directory of the database goes without a word, for `clean` to find.
    left = [name for name in place.left() if not name.startswith(str(place.temporary))]
    if left and not told:
        raise Wrong(f"{what}: left {left} without a word: {text}")
    if status not in (0, 1, 2, 127):
        raise Wrong(f"{what}: status {status}: {text}")
    place.clean()
    place.expect(before | {"new"}, f"{what}, then cleaned")
    place.expect_nothing_left(f"{what}, then cleaned")


def without(context):
    """Kernels without openat2 (before 5.6, and some sandboxes), and places without /proc."""
    place = Place(context.program, context.closure(12), context.scratch("without"))
    commands = [place.arguments("new"), [place.program, "verify", place.image],
                [place.program, "check", place.image]]  # fmt: skip
    wrappers = [
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=openat2",
         "-e", f"inject=openat2:error={error}"]
        for error in ("ENOSYS", "EPERM")
    ]  # fmt: skip
    wrappers.append(["unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"])
    for wrapper in wrappers:
        place.empty()
        said = []
        for command in commands:
            status, text = place.run(wrapper + command)
            if status != 0:
                raise Wrong(f"{wrapper} {command}: status {status}: {text}")
            said.append(text)
        if said[2] != place.run(commands[2])[1]:
            raise Wrong(f"{wrapper}: check says something else than otherwise: {said[2]}")
        place.expect_nothing_left(" ".join(wrapper))
        yield " ".join(wrapper)
