# shellcheck shell=bash disable=SC2154,SC2164
# 4 GiB and a little, nearly all of it a hole, with data at its start, across the 4 GiB mark
# and at its end.
mkdir "$out"
truncate -s 4294971392 "$out/file"
printf 'start' | dd of="$out/file" conv=notrunc status=none
printf 'across' | dd of="$out/file" conv=notrunc status=none oflag=seek_bytes seek=4294967293
printf 'end' | dd of="$out/file" conv=notrunc status=none oflag=seek_bytes seek=4294971389
# A file that is one hole.
truncate -s 1048577 "$out/hole"
