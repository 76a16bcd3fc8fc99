# shellcheck shell=bash disable=SC2154,SC2034
# What netimage-builder check says of an image before it is booted.

# check_says CODE WORDS: it finds the cause that the boot will fail for, and names
# it. The image could be built only because its configuration allows the code.
check_says() {
  local said
  said=$("$builder" check "$image") || fail "netimage-builder check finds more than what is allowed: $said"
  grep -qF -- "allowed error $1: " <<<"$said" || fail "netimage-builder check does not find $1: $said"
  grep -F -- "allowed error $1: " <<<"$said" | grep -qF -- "$2" ||
    fail "netimage-builder check does not speak of \"$2\": $said"
  say "netimage-builder check: $(grep -F -m 1 -- "allowed error $1" <<<"$said")"
}
