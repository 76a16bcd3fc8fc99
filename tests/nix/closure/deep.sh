# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out"
cd "$out"
for ((i = 1; i <= depth; i++)); do
  mkdir "level-$i"
  cd "level-$i"
  printf '%s\n' "$i" >file
done
printf '#!/bin/sh\n' >bottom
chmod 755 bottom
ln -s ../../file up
mkdir empty
