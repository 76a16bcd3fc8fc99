#!/usr/bin/env bash
# Usage: debian-files.sh SUITE DEST PACKAGE...
#
# Unpacks the packages of the Debian suite SUITE, as they are for arm64 or what
# ARCHITECTURE is set to, into the directory DEST: files to test with, none of
# which is run. A kernel's package that only names the kernel of the day, as
# linux-image-arm64 does, stands for that kernel's, and for those that this takes
# its modules and the like from. Nothing is installed, and the host's apt and dpkg
# keep their state.
#
# DEST/.debian-files names what is there: suite, architecture and the packages
# asked for in the first line, then each package with its version. While the first
# line is the same there is nothing to do, and nothing is printed; remove DEST for
# newer ones.
set -euo pipefail

fail() {
  printf 'debian-files.sh: %s\n' "$*" >&2
  exit 1
}

(($# >= 3)) || fail "expected SUITE DEST PACKAGE..."
suite=$1 dest=$(realpath -m -- "$2") architecture=${ARCHITECTURE:-arm64}
shift 2
wanted="$suite $architecture $*"
record=.debian-files

is_there() {
  [[ -r $dest/$record && $(head -n 1 "$dest/$record") == "$wanted" ]]
}

if is_there; then
  exit 0
fi
[[ ! -e $dest || -e $dest/$record ]] || fail "$dest exists and was not made by this script; remove it"

command -v flock >/dev/null || fail "flock is missing; install util-linux"

# shellcheck source=apt.sh
. "$(dirname -- "$(realpath -- "$0")")/apt.sh"
mkdir -p "$(dirname -- "$dest")"
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
exec {lock}>"$dest.lock"
flock "$lock"
if is_there; then
  exit 0 # Another one made it meanwhile.
fi

mkdir "$work/debs" "$work/root"
own_apt "$work" "$suite" "$architecture"
packages=()
for package; do
  if [[ $package == linux-image-[!0-9]* ]]; then
    kernel=$(apt-cache depends "$package" |
      sed -n 's/^ *|\?Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    [[ -n $kernel ]] || fail "$package of $suite depends on no kernel"
    package=$kernel
    mapfile -t -O "${#packages[@]}" packages < <(apt-cache depends "$kernel" |
      sed -n "s/^ *Depends: \(linux-[a-z]*-${kernel#linux-image-}\)$/\1/p")
  fi
  packages+=("$package")
done
(cd "$work/debs" && apt-get -qq download "${packages[@]}" >"$work/log" 2>&1) ||
  fail "${packages[*]} of $suite cannot be fetched: $(tail -n 1 "$work/log")"

printf '%s\n' "$wanted" >"$work/root/$record"
for package in "$work"/debs/*.deb; do
  dpkg-deb --extract "$package" "$work/root"
  dpkg-deb --show --showformat '${Package} ${Version}\n' "$package" >>"$work/root/$record"
done
rm -rf -- "$dest"
mv -- "$work/root" "$dest"
chmod 755 "$dest"
printf '%s has %s\n' "$dest" "$(tail -n +2 "$dest/$record" | paste -sd ,)"
