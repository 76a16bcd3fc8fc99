//! What can be said of a root.

use super::rule::{error, rules, warning};

const LOAD_DB: &str = "https://github.com/NixOS/nixpkgs/issues/341071";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";
const TOPLEVEL: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/activation/top-level.nix";
const BOOTSPEC: &str = "https://github.com/NixOS/rfcs/blob/master/rfcs/0125-bootspec.md";
const DATABASE: &str = "https://www.sqlite.org/fileformat2.html#the_database_header";
const JOURNAL: &str = "https://www.sqlite.org/howtocorrupt.html";
const EXECVE: &str = "https://man7.org/linux/man-pages/man2/execve.2.html";
const MOUNT: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/systemd.mount.html#fstab";

rules! {
    "Root and store";

    NO_STORE = error("root-no-store")
        .reason("The system is in the store; without it there is nothing to start.")
        .remedy("Copy the closure of the system there.")
        .source(TOPLEVEL);
    MISSING_DIRECTORY = warning("root-missing-directory")
        .reason("A root that cannot be written to needs the directories that other file systems are mounted on.")
        .remedy("Create it, empty.")
        .source(STAGE_2);
    DISK = warning("root-fstab-disk")
        .reason("If the disk is not there, as on a board without a card, systemd waits 90 seconds for it and may end in an emergency shell.")
        .remedy("Remove the line, or give it the option nofail.")
        .source(MOUNT);
    REGISTRATION_BROKEN = error("store-registration-broken")
        .reason("nix-store --load-db refuses the whole file, so Nix knows no path of the store.")
        .remedy("Build the image again.")
        .source(LOAD_DB);
    NOT_COMPARED = warning("store-not-compared")
        .reason("A registration or store this large is not read, so the two were not compared.")
        .remedy("Make sure that the registration is that of the store.")
        .source(LOAD_DB);
    NOT_REGISTERED = warning("store-not-registered")
        .reason("The first garbage collection deletes a store that Nix does not know.")
        .remedy("Put the output of nix-store --dump-db into the root, as nix-path-registration, and load it at first boot.")
        .source(LOAD_DB);
    PATH_MISSING = error("store-path-missing")
        .reason("Everything that refers to the path fails, perhaps only long after the boot.")
        .remedy("Copy the whole closure.")
        .source(LOAD_DB);
    PATH_UNREGISTERED = warning("store-path-unregistered")
        .reason("The first garbage collection deletes a path that Nix does not know.")
        .remedy("Register the path, or remove it.")
        .source(LOAD_DB);
    TOPLEVEL_MISSING = error("toplevel-missing")
        .reason("The toplevel is the system that is to be started.")
        .remedy("Copy its closure.")
        .source(TOPLEVEL);
    TOPLEVEL_NO_INIT = error("toplevel-no-init")
        .reason("Stage 1 ends by starting the toplevel's init.")
        .remedy("Give a whole config.system.build.toplevel of a NixOS system.")
        .source(TOPLEVEL);
    KERNEL_DIFFERS = error("toplevel-kernel-differs")
        .reason("The modules in the root are for the toplevel's kernel, and no other kernel can load them.")
        .remedy("Take the kernel and the toplevel from the same system.")
        .source(TOPLEVEL);
    INITRD_DIFFERS = error("toplevel-initrd-differs")
        .or_note("it only has more before or after the toplevel's initrd, which the kernel unpacks as well")
        .reason("The initrd mounts the root that its own system asks for, not the one that the toplevel asks for.")
        .remedy("Take the initrd and the toplevel from the same system.")
        .source(TOPLEVEL);
    BOOTSPEC_DIFFERS = warning("toplevel-bootspec-differs")
        .reason("The bootspec says how to start the system, and the command line does not agree with it.")
        .remedy("Add what the bootspec asks for.")
        .source(BOOTSPEC);
    DATABASE_BROKEN = error("store-database-broken")
        .reason("Nix cannot open the database, so it knows no path of the store, and no registration can be loaded.")
        .remedy("Build the image again, or leave nix/var/nix/db out and load the registration.")
        .source(DATABASE);
    DATABASE_UNCLEAN = warning("store-database-unclean")
        .reason("The database was copied while something wrote to it, and its next use plays the journal beside it back into it.")
        .remedy("Close the database before it is copied.")
        .source(JOURNAL);
    NO_KERNEL = error("toplevel-no-kernel")
        .reason("A system has the modules for its own kernel; one without a kernel was not made to be booted.")
        .remedy("Give the toplevel that the boot files belong to, with its whole closure.")
        .source(TOPLEVEL);
    NO_INITRD = warning("toplevel-no-initrd")
        .reason("The initrd that boards load belongs to some other system, and mounts what that system asks for.")
        .remedy("Give the toplevel that the boot files belong to, with its whole closure.")
        .source(TOPLEVEL);
    INIT_UNUSABLE = error("toplevel-init-unusable")
        .reason("The kernel starts executable programs for its processor, and scripts by the program that their first line names.")
        .remedy("Copy the whole closure of the toplevel with its modes (0555).")
        .source(EXECVE);
}
