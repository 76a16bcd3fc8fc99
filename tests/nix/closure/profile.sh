# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out"
ln -s "$many" "$out/many"
ln -s "$links" "$out/links"
