# Makes the depot DEPOT unless it is there, of a server at ADDRESS, and lets it have the
# machines that the file MACHINES declares.
# shellcheck shell=bash

if [[ ! -e $DEPOT/depot.json ]]; then
  netimage-builder init "$DEPOT" --server "$ADDRESS"
elif ! grep -qF "\"server\": \"$ADDRESS\"" "$DEPOT/depot.json"; then
  printf '%s names a server other than %s; set services.netimage.address to that one, or change it there\n' \
    "$DEPOT/depot.json" "$ADDRESS" >&2
  exit 1
fi
netimage-builder machine apply "$DEPOT" "$MACHINES"
