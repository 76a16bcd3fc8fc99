# shellcheck shell=bash disable=SC2154,SC2164
mkdir "$out"
cd "$out"
mkdir a a/b c

# One inode, many names: across directories, executable, empty, one that is not UTF-8.
printf 'shared\n' >a/first
ln a/first a/second
ln a/first a/b/third
ln a/first c/$'f\xf6urth'
ln a/first $'new\nline'
printf '#!/bin/sh\n' >c/run
chmod 755 c/run
ln c/run c/run-too
: >a/empty
ln a/empty c/empty
printf 'many names\n' >hub
mkdir spokes
for ((i = 0; i < 300; i++)); do
  ln hub "spokes/$i"
done
# Larger than any buffer, so that the second name comes while the first is still copied.
head -c 5000011 /dev/zero | tr '\0' 'x' >c/big
ln c/big a/big
# Equal bytes, two inodes.
printf 'shared\n' >c/equal

# Symbolic links are copied as they are, wherever they lead.
mkdir s
ln -s ../a/first s/relative
ln -s "$out/a" s/absolute
ln -s "$names" s/other
ln -s "$names/two words" s/'other, inside'
ln -s / s/root
ln -s . s/dot
ln -s .. s/dotdot
ln -s ../../../../../../../.. s/outside
ln -s loop s/loop
ln -s pong s/ping
ln -s ping s/pong
ln -s nowhere s/dangling
ln -s /nonexistent/path s/dangling-absolute
ln -s a//b/../b/./ s/unnormalised
ln -s $'new\nline' s/newline
ln -s $'\xff\xfe' s/$'\xfe\xff'
ln -s ' ' s/blank
ln -s "$(printf 'x/%.0s' {1..2000})" s/long
ln s/relative s/hard
