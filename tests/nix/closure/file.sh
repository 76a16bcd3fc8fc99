# shellcheck shell=bash disable=SC2154,SC2164
printf 'a file that refers to %s\n' "$self" >"$out"
