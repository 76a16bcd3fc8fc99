# shrink FROM TO: the modules named in $modules, and what they need. The names
# may have - for _ and the other way round.
declare -A _files=() _needs=() _taken=()
_builtin=' '

_take() {
  local from=$1 to=$2 file=$3 other
  if [[ -n ${_taken[$file]:-} ]]; then
    return 0
  fi
  _taken[$file]=1
  mkdir -p "$to/${file%/*}"
  cp "$from/$file" "$to/$file"
  printf '%s: %s\n' "$file" "${_needs[$file]}" >>"$to/modules.dep"
  for other in ${_needs[$file]}; do
    _take "$from" "$to" "$other"
  done
}

_name() {
  local name=${1##*/}
  name=${name%%.ko*}
  REPLY=${name//-/_}
}

shrink() {
  local from=$1 to=$2 file needs module
  mkdir -p "$to"
  while IFS=: read -r file needs; do
    _name "$file"
    _files[$REPLY]=$file
    _needs[$file]=$needs
  done <"$from/modules.dep"
  while read -r file; do
    _name "$file"
    _builtin+="$REPLY "
  done <"$from/modules.builtin"
  cp "$from/modules.builtin" "$to/"
  for module in $modules; do
    _name "$module"
    if [[ -n ${_files[$REPLY]:-} ]]; then
      _take "$from" "$to" "${_files[$REPLY]}"
    elif [[ $_builtin != *" $REPLY "* && -z $missingIsFine ]]; then
      echo "modprobe: FATAL: Module $module not found in directory $from" >&2
      exit 1
    fi
  done
}
