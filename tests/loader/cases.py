"""What the loader has to do, a function each, with a board of its own."""

import itertools
import os
import shutil
import subprocess

from board import CONFIG


def first_switch(board):
    """From the layout of an image to directories."""
    one, two = board.system("one"), board.system("two")
    board.generation(1, one)
    board.image(one)
    board.generation(2, two)
    said = board.switch(two)
    assert "the next boot starts generation 2." in said, said
    assert board.boots() == "two" and board.prefix() == "g2/"
    assert board.directories() == ["g1", "g2"]
    assert board.boots("g1/") == "one", "what was booted is gone"
    # For a board that passes over os_prefix.
    assert board.boots("") == "two"
    assert os.readlink(board.boot / "kernel8.img") == "good/kernel8.img"
    assert not (board.boot / "start4.elf").is_symlink()
    assert (board.boot / "config.txt").read_text() == f"[all]\nos_prefix=g2/\n{CONFIG}"
    assert (board.boot / "g2/cmdline.txt").read_text() == f"init={two}/init root=fstab\n"
    for path in board.boot.rglob("*"):
        assert path.stat().st_mode & 0o444 == 0o444, f"{path} cannot be served"
    assert not (board.boot / ".netimage").exists()


def again(board):
    """What is there is not written again, and nothing else changes."""
    one = board.system("one")
    board.generation(1, one)
    board.image(one)
    board.switch(one)
    kernel = (board.boot / "g1/kernel8.img").stat().st_ino
    (board.boot / "g1/cmdline.txt").write_text(f"init={one}/init root=fstab by.hand\n")
    board.switch(one)
    assert kernel == (board.boot / "g1/kernel8.img").stat().st_ino
    assert "by.hand" in (board.boot / "g1/cmdline.txt").read_text()
    board.reboot()
    board.switch(one)
    assert board.boots() == "one" and board.directories() == ["g1"]


def limit_and_rollback(board):
    systems = [board.system(f"s{number}") for number in range(1, 7)]
    board.generation(1, systems[0])
    board.image(systems[0])
    for number in range(2, 7):
        board.generation(number, systems[number - 1])
        board.switch(systems[number - 1], "-g", "2")
    # The newest two, and what was booted.
    assert board.directories() == ["g1", "g5", "g6"]
    board.point(3)
    board.switch(systems[2], "-g", "2")
    assert board.boots() == "s3" and board.directories() == ["g1", "g3", "g5", "g6"]
    board.reboot()
    board.switch(systems[2], "-g", "1")
    assert board.boots() == "s3" and board.directories() == ["g3", "g6"]


def booted_is_kept(board):
    """Also where the profile has forgotten it, and the image's files are the only ones."""
    one, two, three = board.system("one"), board.system("two"), board.system("three")
    board.generation(1, one)
    board.image(one)
    board.generation(2, two)
    board.forget(1)
    board.switch(two, "-g", "1", NIXOS_INSTALL_BOOTLOADER="1")
    assert board.directories() == ["g0", "g2"] and board.boots("g0/") == "one"
    board.generation(3, three)
    board.switch(three, "-g", "1")
    assert board.directories() == ["g0", "g3"]
    board.reboot()
    board.switch(three, "-g", "1")
    assert board.directories() == ["g3"]


def booted_without_boot_files(board):
    """An image from before there was a loader: its files stay until they are not needed."""
    old, new = board.system("old"), board.system("new")
    board.generation(1, old)
    board.image(old)
    shutil.rmtree(old / "netimage")
    board.generation(2, new)
    board.switch(new)
    assert board.boots() == "new" and board.boots("") == "old"
    board.reboot()
    board.switch(new)
    assert board.boots("") == "new" and board.directories() == ["g2"]


def numbers_come_again(board):
    """The newest generation is deleted and built anew, with the old one still running."""
    one, old, new = board.system("one"), board.system("old"), board.system("new")
    board.generation(1, one)
    board.image(one)
    board.generation(2, old)
    board.switch(old)
    board.reboot()
    board.point(1)
    board.forget(2)
    board.generation(2, new)
    board.switch(new)
    assert board.boots() == "new" and board.prefix() == "g2-2/"
    assert board.boots("g2/") == "old"
    board.reboot()
    board.switch(new)
    assert board.boots() == "new" and board.directories() == ["g1", "g2-2"]


def specialisations(board):
    one = board.system("one")
    special = board.system("special")
    (one / "specialisation").mkdir()
    (one / "specialisation/quiet").symlink_to(special)
    board.generation(1, one)
    board.image(one)
    said = board.switch(special)
    assert "starts generation 1 itself" in said, said
    assert board.boots() == "one"


def served_elsewhere(board):
    """TFTP serves a copy: the board comes up in what the copy says."""
    one, two = board.system("one"), board.system("two")
    board.generation(1, one)
    board.image(one)
    first = (board.boot / "cmdline.txt").read_text()
    board.generation(2, two)
    board.switch(two)
    # Switched twice without a reboot is no reason to complain.
    board.switch("-n")
    board.switch(two)
    board.reboot()
    board.switch("-n")
    board.started(first)
    three = board.system("three")
    board.generation(3, three)
    for arguments in [["-n"], [three]]:
        said = board.switch(*arguments, expect=1)
        assert "ln -sfn /srv/pi/boot/firmware /srv/tftp/" in said, said
    assert board.boots() == "two" and board.directories() == ["g1", "g2"]
    board.switch(three, NIXOS_INSTALL_BOOTLOADER="1")
    assert board.boots() == "three"


def foreign_config(board):
    """Whoever writes the boot files themselves goes on doing so, until they say so."""
    one = board.system("one")
    board.generation(1, one)
    board.image(one)
    (board.boot / "config.txt").write_text("kernel=u-boot.bin\n")
    before = sorted(os.listdir(board.boot))
    said = board.switch(one)
    assert "boot.loader.netimage.enable = false;" in said, said
    assert board.switch("-n") == ""
    board.switch(one, action="boot", expect=1)
    assert sorted(os.listdir(board.boot)) == before
    assert (board.boot / "config.txt").read_text() == "kernel=u-boot.bin\n"
    board.switch(one, action="boot", NIXOS_INSTALL_BOOTLOADER="1")
    assert board.boots() == "one" and board.prefix() == "g1/"


def what_cannot_boot(board):
    one, stranger = board.system("one"), board.system("stranger")
    board.generation(1, one)
    board.image(one)
    said = board.switch(stranger, expect=1)
    assert f"nix-env --profile {board.profile} --set {stranger}" in said, said
    bare = board.store / "bare-nixos-system-pi"
    bare.mkdir()
    board.generation(2, bare)
    said = board.switch(bare, expect=1)
    assert "boot.loader.netimage.enable = true;" in said, said
    long = board.system("long", parameters="a.parameter=of.some.length " * 40)
    board.generation(3, long)
    said = board.switch(long, expect=1)
    assert "more than 1024 characters" in said and "config.txt is as it was" in said, said
    assert board.boots() == "one" and board.directories() == []
    (board.boot / "config.txt").unlink()
    said = board.switch(one, expect=1)
    assert "there is no" in said, said


def firmware(board):
    """It is added, and not replaced by itself."""
    one, two = board.system("one"), board.system("two", firmware="newer")
    (two / "netimage/firmware/fixup4.dat").write_text("added")
    board.generation(1, one)
    board.image(one)
    board.generation(2, two)
    said = board.switch(two)
    assert "another start4.elf" in said, said
    assert (board.boot / "start4.elf").read_text() == "firmware"
    assert (board.boot / "fixup4.dat").read_text() == "added"
    [command] = [line for line in said.splitlines() if "install" in line]
    # What is being sent, and what the image has under the same inode, stays as it is.
    open_one = (board.boot / "start4.elf").open()
    subprocess.run(["sh", "-euc", command], check=True)
    assert (board.boot / "start4.elf").read_text() == "newer"
    assert open_one.read() == "firmware"
    assert not (board.boot / "new").exists()
    assert "another" not in board.switch(two)


def odd_names(board):
    names = ["-n", "a b", "*", "täst", ".hidden", "good", "g7", "overlays/-x y.dtbo", "new\nline"]
    odd = board.system("odd", files={name: "odd" for name in names})
    plain = board.system("plain")
    board.generation(1, odd)
    board.image(odd)
    (board.boot / "of the user").write_text("theirs")
    (board.boot / "gone").symlink_to("elsewhere")
    board.switch(odd)
    for name in names:
        assert (board.boot / "g1" / name).read_text() == "odd", name
    for name in ["-n", "a b", "*", "täst", ".hidden", "new\nline"]:
        assert os.readlink(board.boot / name) == f"good/{name}"
    board.generation(2, plain)
    board.switch(plain)
    assert not os.path.lexists(board.boot / "a b"), "a link that leads nowhere"
    assert (board.boot / "of the user").read_text() == "theirs"
    assert os.readlink(board.boot / "gone") == "elsewhere"
    assert board.boots() == "plain"


def killed(board):
    """Whenever it is killed, the board boots the one or the other, and the next run
    finishes."""
    one, two, three = board.system("one"), board.system("two"), board.system("three")
    kept = board.place / "kept"
    board.generation(1, one)
    board.image(one)
    # From an image, and from a generation of its own, of which one has to go.
    steps = 0
    for number, old, new in [(2, "one", two), (3, "two", three)]:
        board.generation(number, new)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(board.boot, kept, symlinks=True)
        expected = None
        for when in ["before", "after"]:
            for at in itertools.count(1):
                shutil.rmtree(board.boot)
                shutil.copytree(kept, board.boot, symlinks=True)
                was_killed = board.killed(new, at, when)
                name = board.boots()
                assert name in [old, new.name.split("-")[0]], name
                board.switch(new, "-g", "1")
                assert board.boots() == new.name.split("-")[0]
                found = tree(board.boot)
                expected = expected or found
                assert found == expected, f"step {at} {when}: {set(found) ^ set(expected)}"
                if not was_killed:
                    break
                steps += 1
        board.reboot()
    assert steps > 60, f"only {steps} steps"
    print(f"        killed at {steps} steps")


def tree(directory):
    return {
        str(path.relative_to(directory)): os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        for path in directory.rglob("*")
    }


def full_disk(board):
    if os.geteuid() != 0:
        print("        left out: only root can mount a disk that is full")
        return
    padding = "\n" * 300_000
    one, two = (
        board.system(name, files={"kernel8.img": f"kernel8.img of {name} {padding}"})
        for name in ["one", "two"]
    )
    board.generation(1, one)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", board.boot], check=True)
    try:
        board.image(one)
        board.switch(one)
        board.generation(2, two)
        (board.boot / "ballast").write_bytes(b"x" * 500_000)
        before = tree(board.boot)
        said = board.switch(two, expect=1)
        assert "No space left" in said and "config.txt is as it was" in said, said
        assert tree(board.boot) == before and board.boots() == "one"
        (board.boot / "ballast").unlink()
        board.switch(two)
        assert board.boots() == "two"
    finally:
        subprocess.run(["umount", board.boot], check=True)


CASES = [
    *[first_switch, again, limit_and_rollback, booted_is_kept, booted_without_boot_files],
    *[numbers_come_again, specialisations, served_elsewhere, foreign_config, what_cannot_boot],
    *[firmware, odd_names, killed, full_disk],
]
