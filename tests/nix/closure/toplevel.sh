# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out" "$out/parts"
cd "$out"
{
  # The header of an ELF program for x86-64, for checks that look no further.
  printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0'
  printf '\0%.0s' {1..40}
  printf 'stage 2 of %s\n' "$out"
} >init
chmod 755 init
printf '%s' x86_64-linux >system
printf 'kernel\n' >kernel
printf 'initrd\n' >initrd
printf '%s\n' "$text" >text
ln -s "$profile" sw
for part in "${parts[@]}"; do
  ln -s "$part" "parts/${part##*/}"
done
