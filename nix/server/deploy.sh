# Deploys to machines of the depot DEPOT, and fails at the end if that failed for one.
# shellcheck shell=bash

failed=()

# deploy IMAGE [--no-trial] MACHINE...: to all of them at once, and if that fails to each
# by itself, so that what is wrong with one keeps no other from its image. What was
# deployed last is not deployed again, as the server starts.
deploy() {
  local image=$1 machine
  local -a options=(--only-new)
  shift
  if [[ $1 == --no-trial ]]; then
    options+=("$1")
    shift
  fi
  if netimage-builder deploy "$image" "$DEPOT" "${options[@]}" "${@/#/--machine=}"; then
    return
  elif (($# == 1)); then
    failed+=("$1")
    return
  fi
  for machine; do
    netimage-builder deploy "$image" "$DEPOT" "${options[@]}" --machine="$machine" ||
      failed+=("$machine")
  done
}

# finish: lets the NFS server export what was deployed, and says what was not.
finish() {
  systemctl restart netimage-exports.service || failed+=('the exports')
  if ((${#failed[@]} > 0)); then
    printf 'not deployed: %s; what was wrong stands above, and systemctl restart netimage-deploy tries again\n' \
      "${failed[*]}" >&2
    exit 1
  fi
}
