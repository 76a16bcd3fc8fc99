"""A lean image: Nix keeps its closure, copies it, and a depot takes it from the copy."""

from project import root_of
from setting import attempt


def asked(setting, *arguments):
    """The store paths that nix-store prints."""
    return set(setting.offline("--query", *arguments, program="nix-store").split())


def built(setting):
    setting.step("A lean image")
    result = setting.results / "lean"
    output = f"{setting.tests}#leanImages.{setting.system}.pi"
    setting.offline("build", output, *setting.of_tests, "-L", "--out-link", result)
    root = root_of(result)
    setting.same("what is in its store", [], list((root / "nix/store").iterdir()))
    kernel = result / "net-image/boot/kernel8.img"
    setting.holds(kernel.is_symlink() and kernel.exists(), "the kernel is no link into the store")
    toplevel = (root / "sbin/init").readlink().parent
    closure = asked(setting, "--requisites", toplevel)
    setting.same("its references", closure, asked(setting, "--references", result.resolve()))
    for command in ["check", "verify", ["requests", "--board", "rpi4"]]:
        words = [command] if isinstance(command, str) else command
        done = attempt(setting.builder, *words, result)
        said = done.stdout + done.stderr
        setting.holds(done.returncode == 0, f"netimage-builder {words[0]} of a lean image", said)
    own = [*setting.of_tests, "-L", "--no-link"]
    setting.offline("build", f"{output}.passthru.check", *own)
    setting.offline("build", output, *own, "--rebuild")


def copied(setting):
    setting.step("Its copy in another store, which is collected and deployed")
    image = (setting.results / "lean").resolve()
    closure = asked(setting, "--requisites", image)
    elsewhere = setting.work / "elsewhere"
    setting.offline("copy", "--no-check-sigs", "--to", elsewhere, image)
    there = ["--store", elsewhere]
    setting.same("what was copied", closure, asked(setting, "--requisites", image, *there))

    unnamed = setting.offline("store", "add", *there, "--name", "unnamed", setting.flake / "base.nix").strip()
    (elsewhere / "nix/var/nix/gcroots/lean").symlink_to(image)
    setting.offline("--gc", *there, program="nix-store")
    store = elsewhere / "nix/store"
    gone = [path for path in [unnamed, *closure] if not (elsewhere / path[1:]).exists()]
    setting.same("what was collected", [unnamed], gone)

    copy, real = store / image.name, ["--real-store-dir", store]
    depot = setting.work / "depot"
    for words in [
        ["verify", copy, *real],
        ["init", depot, "--server", "192.0.2.1", "--export", "/depot"],
        ["machine", "add", depot, "pi", "--serial", "1234abcd", "--address", "192.0.2.21"],
        ["deploy", copy, depot, "--machine", "pi", *real],
        ["verify", depot],
    ]:
        done = attempt(setting.builder, *words)
        said = done.stdout + done.stderr
        setting.holds(done.returncode == 0, f"netimage-builder {words[0]} with the copy", said)
    deployed = {f"/nix/store/{path.name}" for path in (depot / "own-roots/pi/nix/store").iterdir()}
    setting.same("what was deployed", closure - {str(image)}, deployed)
