# shellcheck shell=bash disable=SC2154,SC2164,SC2016,SC1003,SC2088
mkdir "$out"
cd "$out"

names=(
  'two words' ' leading' 'trailing ' '   '
  $'new\nline' $'\n' $'ends with\n' $'carriage\rreturn' $'tab\there' $'\x01\x1b[31m' $'\x7f'
  'café' $'cafe\u0301' 'ﬀ' '日本語' '🥧' $'\u202edesrever'
  # Invalid as UTF-8: Latin-1, a lone continuation byte, a surrogate, an overlong slash.
  $'caf\xe9' $'\x80' $'\xff\xfe' $'\xed\xa0\x80' $'\xc0\xaf'
  # Sorted otherwise by UTF-16 code units than by bytes.
  $'\xef\xbf\xbf' $'\xf0\x90\x80\x80'
  '-rf' '--' '-' '.hidden' '..twice' '...' '.x'
  '*' '?' '[a]' '$HOME' '`id`' '$(id)' '~' '#' '!' '%41' '%2e%2e' '&' ';' '|' '<' '>' '(' ')' '{}'
  'back\slash' '\n' '"' "'" ':' 'C:' 'aux' 'nul.txt' 'file.' '@' '=' ','
  # Nix adds this suffix itself where file names ignore case; here it is only a name.
  'suffix' 'suffix~nix~case~hack~1'
  # The directory `order` below sorts before these as a name and after them as a path.
  'order-' 'order.' 'order0'
)
for name in "${names[@]}"; do
  printf '%s\n' "$name" >"./$name"
done

mkdir order order/'two words' order/$'new\nline' order/$'\xff\xfe'
for directory in order/*; do
  printf 'inside\n' >"$directory/file"
done

# Case clashes, of files, of directories, of one with the other.
for name in README Readme readme reAdme; do
  printf '%s\n' "$name" >"./$name"
done
mkdir Case CASE case
printf 'upper\n' >CASE/file
printf 'lower\n' >case/FILE
printf 'mixed\n' >case/File
printf 'a file\n' >cAse

# 255 bytes, the most that a file system takes: ASCII, and three bytes a character.
printf 'long\n' >"$(printf 'n%.0s' {1..255})"
printf 'wide\n' >"$(printf '語%.0s' {1..85})"
