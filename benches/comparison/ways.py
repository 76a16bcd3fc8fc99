"""The ways to make a copy of a closure: one shell script each.

What they find in the environment: STORE, the store directory to copy; LIST and
LARGEST, files with the absolute paths of its store paths, as registered and the
largest first; SOURCE, the Nix store that it belongs to; OUT, an empty directory;
JOBS, the number of processors; NIX, Nix's programs; BUILDER, SPEC, REGISTRATION.
"""

# The original's commands: one `cp` for each store path into the build directory,
# then into the output of the first derivation, then into that of the second.
ORIGINAL = """
cd "$OUT"
mkdir -p rootImage/nix/store image/net-image/os/root
xargs -I % cp -a --reflink=auto % -t rootImage/nix/store/ <"$LIST"
cp -r rootImage rootfs
cp -r rootfs/* image/net-image/os/root/
"""

COPY = 'xargs -P "$JOBS" -n {batch} cp {options} -t "$OUT" <"{list}"'

BUILD = """
"$BUILDER" build --spec "$SPEC" --registration "$REGISTRATION" --real-store-dir "$STORE" \\
  --verify {verify} --out "$OUT/image"
"""

WAYS = {
    "original": ("the original's pipeline", ORIGINAL),
    "cp": ("parallel `cp -a`", COPY.format(batch=16, options="-a", list="$LIST")),
    "cp-largest": ("parallel `cp -a`, largest first", COPY.format(batch=4, options="-a", list="$LARGEST")),
    # What names and inodes alone cost, on a device whose writes are counted.
    "names": (
        "parallel `cp -a --attributes-only`",
        COPY.format(batch=16, options="-a --attributes-only", list="$LIST"),
    ),
    "rsync": ("`rsync -a`", 'rsync -a --exclude=/.links "$STORE/" "$OUT/"'),
    "tar": ("`tar` to `tar`", 'tar -C "$STORE" --exclude=./.links -cf - . | tar -C "$OUT" -xpf -'),
    "nix-copy": (
        "`nix copy`",
        '"$NIX/nix" copy --no-check-sigs --from "$SOURCE" --to "$OUT/store" "$TOPLEVEL"',
    ),
    "none": ("netimage, `--verify none`", BUILD.format(verify="none")),
    "full": ("netimage, `--verify full`", BUILD.format(verify="full")),
    # Reads and hashes all of an image that is there already, on all processors.
    "hash": ("hashing alone (`verify`)", '"$BUILDER" verify "$OUT/image"'),
}

NEEDS_NIX = {"nix-copy"}
NEEDS_DEVICE = {"names"}
NEEDS_IMAGE = {"hash"}
OURS = ["none", "full", "hash", "lean"]
