# archive: names of files in, a cpio archive of the form that kernels read out.
_member() {
  local name=$1 mode=$2 size=$3
  _inode=$((_inode + 1))
  printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
    $_inode "0x$mode" 0 0 1 1 "$size" 0 0 0 0 $((${#name} + 1)) 0 "$name"
  _pad $((110 + ${#name} + 1))
}

_pad() {
  local missing=$(((4 - $1 % 4) % 4))
  if ((missing > 0)); then
    printf '\0%.0s' $(seq $missing)
  fi
}

archive() {
  local name mode size target
  _inode=0
  while IFS= read -r name; do
    read -r mode size < <(stat -c '%f %s' "$name")
    if [[ -L $name ]]; then
      target=$(readlink "$name")
      _member "${name#./}" "$mode" ${#target}
      printf '%s' "$target"
      _pad ${#target}
    elif [[ -d $name ]]; then
      _member "${name#./}" "$mode" 0
    else
      _member "${name#./}" "$mode" "$size"
      cat "$name"
      _pad "$size"
    fi
  done
  _member 'TRAILER!!!' 0 0
}
