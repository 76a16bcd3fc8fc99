"""Confirms the hashes of a generated closure: the first, the middle and the last path."""

import os
import subprocess
import sys

nix_hash, closure = sys.argv[1:]
with open(os.path.join(closure, "registration"), encoding="ascii") as registration:
    lines = iter(registration.read().splitlines())
entries = []
for path in lines:
    digest, _size, _deriver, count = (next(lines) for _ in range(4))
    for _ in range(int(count)):
        next(lines)
    entries.append((os.path.basename(path), digest))
for name, digest in (entries[0], entries[len(entries) // 2], entries[-1]):
    path = os.path.join(closure, "store", name)
    said = subprocess.run([nix_hash, "--type", "sha256", path], check=True, capture_output=True, text=True)
    if said.stdout.strip() != digest:
        sys.exit(f"{path}: nix-hash says {said.stdout.strip()}, the generator {digest}")
