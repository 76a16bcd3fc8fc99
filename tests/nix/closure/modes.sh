# shellcheck shell=bash disable=SC2154,SC2164
mkdir -p "$out"/{private,empty,nested/empty/empty}
cd "$out"
for mode in 400 444 600 644 666 500 555 700 755 777 744 411; do
  printf '%s\n' "$mode" >"$mode"
  chmod "$mode" "$mode"
done
: >nothing
: >private/.keep
touch -d 2001-02-03T04:05:06.789Z 644
chmod 700 private
