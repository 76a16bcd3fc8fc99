# Writes what the depot DEPOT exports, and tells an NFS server that runs.
# shellcheck shell=bash

netimage-builder server-config "$DEPOT" --for exports >"$RUNTIME_DIRECTORY/exports.new"
mv "$RUNTIME_DIRECTORY/exports.new" "$RUNTIME_DIRECTORY/exports"
if systemctl --quiet is-active nfs-server.service; then
  exportfs -ra
fi
