# shellcheck shell=bash disable=SC2154,SC2164
printf '#!/bin/sh\necho hello\n' >"$out"
chmod 755 "$out"
