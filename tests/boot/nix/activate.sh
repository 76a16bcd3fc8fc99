#!@shell@
# shellcheck shell=bash disable=SC2239
# What a system does to a root before anything of it runs.
set -e
export PATH=@out@/sw/bin

# Stage 1 may have done so.
[[ -e /proc/mounts ]] || mount -t proc proc /proc
while read -r mount; do
  grep -q " ${mount#* } " /proc/mounts || mount -t "${mount% *}" "${mount% *}" "${mount#* }"
done <<'MOUNTS'
sysfs /sys
devtmpfs /dev
tmpfs /run
MOUNTS
ln -sfn @out@ /run/current-system
ln -sfn @out@ /run/booted-system

# A root in memory is empty; one that is read-only is not written to.
mkdir -p /etc /var /tmp 2>/dev/null || true
if ! touch /etc/.writable 2>/dev/null; then
  for directory in /etc /var /tmp; do
    mount -t tmpfs tmpfs $directory
  done
fi
rm -f /etc/.writable
(cd @out@/etc && find . -type f -o -type l) | while read -r file; do
  mkdir -p "/etc/${file%/*}"
  ln -sfn "@out@/etc/$file" "/etc/$file"
done
mkdir -p /var/lib /tmp
