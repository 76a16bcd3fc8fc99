#!@shell@
# shellcheck shell=bash disable=SC2239
# The first program of the system. What it says goes to the serial console,
# where tests/boot reads it: the lines that begin with "netimage-test: ".
export PATH=@out@/sw/bin HOME=/root

say() {
  printf 'netimage-test: %s\n' "$*"
}

@out@/prepare-root || say 'WRONG: activation'
exec </dev/console >/dev/console 2>&1
say 'init of @out@'
read -r line </proc/cmdline
say "command line: $line"
while read -r device directory type options _; do
  [[ $directory != / ]] || root="$device $type $options"
done </proc/mounts
say "root: $root"

while read -r service; do
  say "starting ${service##*/}"
  if "$service" 2>&1; then
    say "ok: ${service##*/}"
  else
    say "WRONG: ${service##*/} failed"
  fi
done <@out@/services

say 'up'
sync
mount -o remount,ro / 2>/dev/null
say 'end'
while :; do sleep 60; done
