# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out"
cd "$out"
for ((i = 0; i < 50; i++)); do
  mkdir "$i"
  for ((j = 0; j < 80; j++)); do
    if ((j % 7)); then
      printf '%s\n' "$i/$j" "$names" >"$i/$j"
    else
      # Of 0 to 77 bytes: every length that the padding to 8 bytes has to get right.
      printf "%${j}s" '' >"$i/$j"
    fi
  done
done
chmod 755 ./*/*[07]
