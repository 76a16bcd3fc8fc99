# shellcheck shell=bash disable=SC2154,SC2034
# What the depot knows of the machine.

# status: how it is, as JSON.
status() {
  "$builder" status "$depot" --format json |
    jq -c --arg name "${machine_names[$machine]}" '.machines[] | select(.name == $name)'
}

# generation NUMBER: what is known of it.
generation() {
  "$builder" list-generations "$depot" "${machine_names[$machine]}" --format json | jq -c ".all[\"$1\"]"
}

# is STATE NUMBER: whether a generation is good, bad, new, trying.
is() {
  [[ $(generation "$2" | jq -r .state) == "$1" ]]
}

# list_store: of all that is there the name, type, mode, size, time and where it points to.
list_store() {
  (cd "$depot/store" && find . -printf '%p %y %m %s %T@ %l\n' | sort)
}

# expect_state STATE NUMBER: the depot takes notice.
expect_state() {
  wait_for 30 is "$1" "$2" || fail "generation $2 is not $1: $(generation "$2"); $(tail -n 5 "$state/watch.log")"
}

# expect_bad NUMBER GENERATION WAS_SENT: it is, as the machine came up in another one,
# and had been sent all of it or not.
expect_bad() {
  expect_state bad "$1"
  [[ $(generation "$1" | jq -c '[.cameUpIn, .wasSent]') == "[$2,$3]" ]] || fail "generation $1: $(generation "$1")"
}

# boots_generation NUMBER: it is what the firmware was sent, and all of it from there.
boots_generation() {
  local file started
  read -ra started <"$place/firmware.log"
  for file in "${started[@]}"; do
    [[ $file == "tftp/${serials[$machine]: -8}/g$1/"* ]] || fail "the firmware was sent $file, and not generation $1"
  done
  grep -qw "netimage.generation=$1" "$command_line" || fail "the command line is not of generation $1: $(cat "$command_line")"
}

# has_noticed: whether the depot knows of the boot that the machine spoke of last.
has_noticed() {
  local said=$depot/persist/${machine_names[$machine]}/booted.json
  [[ $(status | jq -r .booted.bootId) == "$(jq -r .bootId "$said" | tr -d -)" ]]
}

# is_offered NUMBER: whether config.txt names that generation.
is_offered() {
  grep -q "^os_prefix=g$1/" "$depot/tftp/${serials[$machine]: -8}/config.txt"
}

# has_command_line NUMBER: whether the depot knows that it was sent, and of all before.
has_command_line() {
  [[ $(generation "$1" | jq .commandLineSent) == true && -z $(ls "$depot/spool") ]]
}

# ten_minutes_pass: without watch, after which it finds all that was sent that much older,
# and offers the default again. What it takes notice of only then would be of now.
ten_minutes_pass() {
  local file=$depot/machines/${machine_names[$machine]}/generations.json
  wait_for 30 has_command_line "$(status | jq .trial)" || fail "what was sent goes unnoticed: $(status)"
  stop "$watch"
  jq '(.all[] | select(.configSent) | .configSent) -= 600 | if .loading then .loading -= 600 else . end' \
    "$file" >"$state/generations.json"
  cp "$state/generations.json" "$file"
  start_watch
  wait_for 30 is_offered "$(status | jq .default)" || fail "the try is not over after ten minutes: $(status)"
}
