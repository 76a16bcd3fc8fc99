# shellcheck shell=dash
# The system that init= names prepares its root, in that root.
set -e
read -r line </proc/cmdline
for parameter in $line; do
  case $parameter in
    init=*) init=${parameter#init=} ;;
  esac
done
mounted=
leave() {
  for directory in $mounted; do
    /bin/busybox umount "/sysroot/$directory"
  done
}
trap leave EXIT
for directory in proc sys dev run; do
  # A root in memory has none.
  /bin/busybox mkdir -p "/sysroot/$directory"
  /bin/busybox mount -o bind "/$directory" "/sysroot/$directory"
  mounted="$mounted $directory"
done
/bin/busybox chroot /sysroot "${init%/init}/prepare-root"
echo "netimage-test: stage 1: activated ${init%/init}"
