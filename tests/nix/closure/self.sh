# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out"
printf 'I am %s\n' "$out" >"$out/file"
ln -s "$out/file" "$out/link"
