# shellcheck shell=dash
# mount.netimage: mounts what the machine keeps, which the kernel's command line names
# as netimage.persist=SERVER:/PATH. mount calls it with a device, which says nothing, a
# directory, and options.
shift
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
exec mount.nfs "$device" "$@"
