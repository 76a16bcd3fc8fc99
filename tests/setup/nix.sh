#!/usr/bin/env bash
# Usage: nix.sh [SUITE] DEST
#
# Puts a Nix into the directory DEST: Debian's own nix-bin from SUITE (default
# $NETIMAGE_NIX_SUITE, else trixie), with a static bash to serve as /bin/sh of
# its sandbox. DEST/bin/nix runs from there only: the directory is written into
# it. Nothing is installed, and the host's apt and dpkg keep their state.
#
#   bookworm 2.8     trixie 2.26     sid 2.34 when this was written
#
# Prints nothing when there is nothing to do.
set -euo pipefail

fail() {
  printf 'nix.sh: %s\n' "$*" >&2
  exit 1
}

case $# in
  1) suite=${NETIMAGE_NIX_SUITE:-trixie} dest=$1 ;;
  2) suite=$1 dest=$2 ;;
  *) fail "expected [SUITE] DEST" ;;
esac
dest=$(realpath -m -- "$dest")

if [[ -x $dest/bin/bash-static ]] && "$dest/bin/nix" --version >/dev/null 2>&1; then
  exit 0
fi

# shellcheck source=apt.sh
. "$(dirname -- "$(realpath -- "$0")")/apt.sh"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/root"
own_apt "$work" "$suite" "$(dpkg --print-architecture)"
apt-get -qq --yes --download-only install nix-bin bash-static patchelf >"$work/log" 2>&1 ||
  fail "nix-bin of $suite cannot be fetched: $(tail -n 1 "$work/log")"
for package in "$work"/cache/archives/*.deb; do
  dpkg-deb --extract "$package" "$work/root"
done

# Debian's programs need the C library of their suite, which is newer than the
# host's: they are started by its loader until patchelf has rewritten them.
find_one() {
  local found
  found=$(find "$work/root" \( -type f -o -type l \) -path "$1" -print -quit)
  [[ -n $found ]] || fail "the packages of $suite have no $1"
  printf '%s\n' "$found"
}
loader=$(find_one '*/ld-linux-*.so.*')
triplet=$(find_one '*/libc.so.6')
triplet=$(basename "$(dirname "$triplet")")
libraries=$work/root/usr/lib/$triplet:$work/root/lib/$triplet:$work/root/usr/lib/nix
patchelf() {
  "$loader" --library-path "$libraries" "$(find_one '*/bin/patchelf')" "$@"
}

rm -rf -- "$dest"
mkdir -p "$dest/bin" "$dest/lib"
cp -a "$work"/root/usr/bin/nix* "$dest/bin/"
cp "$(find_one '*/bin/bash-static')" "$dest/bin/"
cp -L "$loader" "$dest/lib/"
"$loader" --library-path "$libraries" --list "$dest/bin/nix" |
  sed -n 's|.* => \(/.*\) (0x[0-9a-f]*)$|\1|p' |
  xargs cp -L --target-directory "$dest/lib" --
chmod u+w "$dest"/lib/*
for library in "$dest"/lib/libnix*; do
  [[ -e $library ]] || continue # since 2.26 they are part of the program
  patchelf --force-rpath --set-rpath "$dest/lib" "$library"
done
patchelf --force-rpath --set-rpath "$dest/lib" \
  --set-interpreter "$dest/lib/$(basename "$loader")" "$dest/bin/nix"

version=$("$dest/bin/nix" --version) || fail "the Nix of $suite does not run on this machine"
printf '%s from Debian %s is in %s\n' "$version" "$suite" "$dest"
