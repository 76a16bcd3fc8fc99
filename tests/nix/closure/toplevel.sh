# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out" "$out/parts"
cd "$out"
printf 'stage 2 of %s\n' "$out" >init
chmod 755 init
printf '%s' x86_64-linux >system
printf 'kernel\n' >kernel
printf 'initrd\n' >initrd
printf '%s\n' "$text" >text
ln -s "$profile" sw
for part in "${parts[@]}"; do
  ln -s "$part" "parts/${part##*/}"
done
