# shellcheck shell=bash disable=SC2154,SC2164
: >"$out"
