#!/usr/bin/env bash
# Usage: debian-files.sh SUITE DEST PACKAGE...
#
# Unpacks the packages of the Debian suite SUITE, as they are for arm64 or what
# ARCHITECTURE is set to, into the directory DEST: files to test with, none of
# which is run. A kernel's package that only names the kernel of the day, as
# linux-image-arm64 does, stands for that kernel's. Nothing is installed, and the
# host's apt and dpkg keep their state.
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

for tool in apt-cache apt-get dpkg-deb flock; do
  command -v "$tool" >/dev/null ||
    fail "$tool is missing: this takes files from Debian's packages and runs on Debian only"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -r $keyring ]] || fail "$keyring is missing; install debian-archive-keyring"

# The host's own mirror, as in nix.sh.
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
  awk '$1 !~ /[-\/]/ && $2 == "main" && $3 !~ /security/ {
      if (any == "") any = $3
      if (debian == "" && $3 ~ /debian/) debian = $3
    }
    END { print debian != "" ? debian : any }')
[[ -n $mirror ]] || fail "apt knows of no Debian mirror on this machine"

mkdir -p "$(dirname -- "$dest")"
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
exec {lock}>"$dest.lock"
flock "$lock"
if is_there; then
  exit 0 # Another one made it meanwhile.
fi

mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work/debs" "$work/root"
: >"$work/state/status"
printf 'deb [signed-by=%s] %s %s main non-free-firmware\n' "$keyring" "$mirror" "$suite" \
  >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
APT::Architecture "$architecture";
#clear APT::Architectures;
APT::Architectures { "$architecture"; };
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "";
CONF
export APT_CONFIG=$work/apt.conf LC_ALL=C

apt-get -qq -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 ||
  fail "Debian's package lists of $suite cannot be fetched; is the network there? $(grep -m 1 '^[WE]:' "$work/log")"
packages=()
for package; do
  if [[ $package == linux-image-[!0-9]* ]]; then
    kernel=$(apt-cache depends "$package" |
      sed -n 's/^ *|\?Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    [[ -n $kernel ]] || fail "$package of $suite depends on no kernel"
    package=$kernel
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
