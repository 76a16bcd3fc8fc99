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

for tool in apt-get dpkg dpkg-deb; do
  command -v "$tool" >/dev/null ||
    fail "$tool is missing: this takes Nix from Debian's packages and runs on Debian only"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -r $keyring ]] || fail "$keyring is missing; install debian-archive-keyring"

# The host's own mirror. apt answers alike for sources.list and for .sources;
# suites with a dash are updates, security and backports, which have no nix-bin.
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
  awk '$1 !~ /[-\/]/ && $2 == "main" && $3 !~ /security/ {
      if (any == "") any = $3
      if (debian == "" && $3 ~ /debian/) debian = $3
    }
    END { print debian != "" ? debian : any }')
[[ -n $mirror ]] || fail "apt knows of no Debian mirror on this machine"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work/root"
: >"$work/state/status"
printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Install-Recommends "false";
APT::Sandbox::User "";
CONF
export APT_CONFIG=$work/apt.conf

apt-get -qq -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 ||
  fail "Debian's package lists of $suite cannot be fetched; is the network there? $(grep -m 1 '^[WE]:' "$work/log")"
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
