# shellcheck shell=dash
# mount.netimage: mounts what the machine keeps, which the kernel's command line names
# as netimage.persist=SERVER:/PATH. mount calls it with a device, a directory, and options.
# The device is netimage.persist, or netimage.persist/NAME for a directory of it.
name=${1#netimage.persist} where=$2
shift 2
device=
read -r line </proc/cmdline
# Its parameters are no patterns.
set -f
for parameter in $line; do
  case $parameter in
    netimage.persist=*) device=${parameter#*=} ;;
  esac
done
if [ -z "$device" ]; then
  echo "mount.netimage: the kernel's command line does not say what the machine keeps;" \
    "deploy the image to a depot, or add netimage.persist=SERVER:/PATH to cmdline.txt" >&2
  exit 32
fi
# The root is not there before the first boot, nor after somebody removed it.
if [ -n "$name" ] && [ -e /etc/initrd-release ]; then
  whole=/run/netimage-persist
  mkdir -p "$whole"
  mount.nfs "$device" "$whole" "$@" || exit
  mkdir -p "$whole$name"
  umount "$whole"
fi
exec mount.nfs "$device$name" "$where" "$@"
