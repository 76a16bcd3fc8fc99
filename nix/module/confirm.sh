# shellcheck shell=bash
# Writes the generation that the command line names, and which boot of it this is, to
# where the depot looks for it: whole, by a rename of what was synced.
set -e
generation=''
read -r line </proc/cmdline
# Its parameters are no patterns.
set -f
for parameter in $line; do
  case $parameter in
    netimage.generation=*) generation=${parameter#*=} ;;
  esac
done
read -r boot_id </proc/sys/kernel/random/boot_id

cd /persist
printf '{"generation": %s, "bootId": "%s"}\n' "$generation" "$boot_id" >.booted.json.new
sync .booted.json.new
mv -T .booted.json.new booted.json
sync .
echo "netimage: up in generation $generation"
