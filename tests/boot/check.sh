# shellcheck shell=bash disable=SC2154,SC2034
# What netimage-builder check says of an image before it is booted.

# check_says WORDS: it finds the cause that the boot will fail for, and names it.
# A builder that has no such command yet is not asked.
check_says() {
  local said
  if ! "$builder" check --help >/dev/null 2>&1; then
    say "netimage-builder has no check yet, and was not asked for \"$1\""
    return
  fi
  ! said=$("$builder" check "$image" 2>&1) || fail "netimage-builder check finds nothing: $said"
  grep -qF -- "$1" <<<"$said" || fail "netimage-builder check does not speak of \"$1\": $said"
  say "netimage-builder check: $(grep -F -m 1 -- "$1" <<<"$said")"
}
