# Deploys IMAGE to the depot that the arguments name, to all machines unless they name
# some.
# shellcheck shell=bash

to=(--all)
for word; do
  case $word in
    --machine | --machine=* | --tag | --tag=* | --all) to=() ;;
  esac
done
exec netimage-builder deploy "$IMAGE" "$@" "${to[@]}"
