#!@shell@
# shellcheck shell=bash disable=SC2239
# The first program of a system with systemd, which finds what it serialised.
exec /usr/lib/systemd/systemd "$@"
