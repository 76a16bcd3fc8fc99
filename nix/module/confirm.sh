# shellcheck shell=bash disable=SC2154
# Writes the machine's generation, and which boot of it this is, to where the depot looks
# for it: whole, by a rename of what was synced. After generation.sh.
read -r boot_id </proc/sys/kernel/random/boot_id

cd /persist
printf '{"generation": %s, "bootId": "%s"}\n' "$generation" "$boot_id" >.booted.json.new
sync .booted.json.new
mv -T .booted.json.new booted.json
sync .
echo "netimage: up in generation $generation"
