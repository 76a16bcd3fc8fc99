# shellcheck shell=bash disable=SC2154,SC2164
ln -s "$deep/level-1" "$out"
