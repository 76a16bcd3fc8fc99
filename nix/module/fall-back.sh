# shellcheck shell=bash disable=SC2154
# Restarts a machine that is not up, where it was up in another generation last: the depot
# gives it that one again, unless this one is its default. Then it stays as it is, the second
# time. After generation.sh.
cd /persist
read -r booted <booted.json || exit 0
[[ $booted != *"\"generation\": $generation,"* ]] || exit 0
if [[ -e .fell-back ]]; then
  read -r before <.fell-back
  [[ $before != "$generation" ]] || exit 0
fi
printf '%s\n' "$generation" >.fell-back.new
sync .fell-back.new
mv -T .fell-back.new .fell-back
sync .
echo "netimage: generation $generation is not up, and the machine restarts"
systemctl --no-block reboot
