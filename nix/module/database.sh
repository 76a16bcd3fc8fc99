# shellcheck shell=bash
# Copies the Nix database that netimage.database= names, and makes the profile of the
# system that is running, under the number of its generation.
set -e
database='' generation=1
read -r line </proc/cmdline
# Its parameters are no patterns.
set -f
for parameter in $line; do
  case $parameter in
    netimage.database=*) database=${parameter#*=} ;;
    netimage.generation=*) generation=${parameter#*=} ;;
  esac
done

mkdir -p /nix/var/nix/db /nix/var/nix/profiles
for file in schema db.sqlite; do
  install -m 0644 "$database/$file" "/nix/var/nix/db/$file"
done
ln -sfn "$(readlink -f /run/booted-system)" "/nix/var/nix/profiles/system-$generation-link"
ln -sfn "system-$generation-link" /nix/var/nix/profiles/system
