# shellcheck shell=bash
# Lets the next boot start a generation of the system's profile: writes the boot
# files of each generation that is kept to a directory of its own, gN/, in what TFTP
# serves for this board, and then replaces config.txt, which names the directory to
# boot from.
#
#   loader.sh [OPTION…] TOPLEVEL
#   loader.sh -n [OPTION…]
#
#   -n            only says whether TFTP serves that directory
#   -b DIRECTORY  what TFTP serves for this board; /boot/firmware
#   -p PROFILE    whose generations there are; /nix/var/nix/profiles/system
#   -g COUNT      how many of the newest are kept; 5
#   -e EXPORT     what the board's root is on the server
#   -c FILE       the running kernel's command line; /proc/cmdline
#   -r DIRECTORY  what is gone after this boot; /run/netimage
#
# switch-to-configuration calls it, and gives the system that it switches to. With
# NIXOS_INSTALL_BOOTLOADER=1 (nixos-rebuild --install-bootloader) it takes config.txt
# as it is.
#
# What a board reads is renamed in when it is whole and on disk, config.txt last of it,
# so that whenever this is killed a board finds one generation or the other.
set -euo pipefail
shopt -s nullglob dotglob
export LC_ALL=C
umask 022

boot=/boot/firmware
profile=/nix/var/nix/profiles/system
count=5
export=EXPORT
command_line=/proc/cmdline
of_this_boot=/run/netimage
only_looks=false

say() {
  printf 'netimage: %s\n' "$*" >&2
}

stop() {
  say "$@"
  exit 1
}

while getopts nb:p:g:e:c:r: option; do
  case $option in
    n) only_looks=true ;;
    b) boot=$OPTARG ;;
    p) profile=$OPTARG ;;
    g) count=$OPTARG ;;
    e) export=$OPTARG ;;
    c) command_line=$OPTARG ;;
    r) of_this_boot=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
$only_looks || (($# == 1)) || stop 'expected the system to boot; give its store path'

# Where things are until they have their names, and when they have lost them.
work=$boot/.netimage
# Characters of cmdline.txt that the firmware is sure to take.
line_max=1024
directory_name='^g[0-9]+(-[0-9]+)?$'
# The directories of the generations that are kept, by their names.
declare -A kept=()
# Those of them that are new, in $work.
written=()
is_replaced=false

finish() {
  local status=$?
  rm -rf -- "$work" || true
  if ((status != 0)) && ! $is_replaced; then
    say "$boot/config.txt is as it was, and so is what boots."
  fi
}

# The system that a command line starts, without a line end.
started_by() {
  local words=() word init=
  [[ -f $1 ]] || return 0
  read -ra words <"$1" || true
  for word in "${words[@]}"; do
    case $word in
      init=*) init=${word#init=} ;;
    esac
  done
  printf %s "${init%/init}"
}

# The profile's generations, the newest first.
numbers() {
  local link number
  for link in "$profile"-*-link; do
    number=${link#"$profile-"}
    number=${number%-link}
    if [[ $number =~ ^[1-9][0-9]*$ ]]; then
      printf '%s\n' "$number"
    fi
  done | sort --numeric-sort --reverse
}

system_of() {
  readlink --canonicalize-missing -- "$profile-$1-link"
}

# The generation that a system is of, be it as a specialisation: the profile's own
# one if several have it. Nothing if none has.
number_of() {
  local number current system
  current=$(readlink -- "$profile" || true)
  current=${current##*"${profile##*/}-"}
  for number in "${current%-link}" $(numbers); do
    [[ -L $profile-$number-link ]] || continue
    system=$(system_of "$number")
    for system in "$system" "$system"/specialisation/*; do
      if [[ $(readlink --canonicalize-missing -- "$system") == "$1" ]]; then
        printf %s "$number"
        return
      fi
    done
  done
}

# The name of the directory that config.txt names, with its slash; nothing where the
# files lie beside it.
named_directory() {
  local first second
  {
    read -r first || true
    read -r second || true
  } <"$boot/config.txt"
  second=${second#os_prefix=}
  if [[ $first == '[all]' && $second == */ && ${second%/} =~ $directory_name ]]; then
    printf %s "$second"
  fi
}

# Whether config.txt is this script's, or an image's own.
is_ours() {
  local number config system
  [[ -z $(named_directory) ]] || return 0
  config=$(<"$boot/config.txt")
  for number in $(numbers); do
    system=$(system_of "$number")
    if [[ -f $system/netimage/image-config.txt && $(<"$system/netimage/image-config.txt") == "$config" ]]; then
      return
    fi
  done
  return 1
}

# A config.txt of somebody else's is not replaced unasked. That is no reason not to
# switch; what only boot would do is not done.
leave() {
  say "$boot/config.txt is none that this system's generations have. It stays, and the" \
    "next boot starts what it did. To have it replaced, add --install-bootloader; to write the" \
    "boot files yourself, set boot.loader.netimage.enable = false;"
  [[ ${NIXOS_ACTION-} != boot ]] || exit 1
  exit 0
}

# What this boot was started from has to be what config.txt named when it began, as it
# still does when this runs for the first time.
require_served() {
  local served serial=SERIAL
  [[ ! -e $of_this_boot/served ]] || return 0
  served=$(named_directory)cmdline.txt
  if [[ $(started_by "$boot/$served") != "$booted" ]]; then
    if [[ -r /proc/device-tree/serial-number ]]; then
      serial=$(tr -d '\0' </proc/device-tree/serial-number)
      serial=${serial: -8}
    fi
    stop "this system was not started as $boot/$served says, so TFTP serves another directory." \
      "Where it looks for this board, put a link to this one, on the server as root, and reboot:
  ln -sfn $(printf %q "$export")/boot/firmware /srv/tftp/$serial
If it is there, and config.txt was changed by hand, add --install-bootloader."
  fi
}

# Finds the directory of a generation, or a name for it, as `place`; the status says
# whether it is there. A number comes again when the newest generation was deleted,
# and what was booted may have it still.
find_place() {
  local number=$1 system=$2 another=1
  place=g$number
  while [[ -n ${kept[$place]-} || -e $boot/$place ]]; do
    if [[ ${kept[$place]-$(started_by "$boot/$place/cmdline.txt")} == "$system" ]]; then
      return 0
    fi
    another=$((another + 1))
    place=g$number-$another
  done
  return 1
}

# Writes the boot files of a generation, unless they are there.
write_generation() {
  local number=$1 system=$2 new
  if find_place "$number" "$system"; then
    kept[$place]=$system
    return
  fi
  new=$work/$place
  mkdir -- "$new"
  cp --recursive --dereference --no-preserve=mode -- "$system/netimage/files/." "$new"
  printf 'init=%s/init %s\n' "$system" "$(<"$system/netimage/command-line")" >"$new/cmdline.txt"
  printf '[all]\nos_prefix=%s/\n%s\n' "$place" "$(<"$system/netimage/config.txt")" >"$new/config.txt"
  if (($(wc --bytes <"$new/cmdline.txt") > line_max + 1)); then
    stop "the command line of generation $number has more than $line_max characters; remove some of boot.kernelParams"
  fi
  kept[$place]=$system
  written+=("$place")
}

# Those that are kept, the one to boot last, so that `place` is its.
write_generations() {
  local number system left=$count
  for number in $(numbers); do
    ((left > 0)) || break
    system=$(system_of "$number")
    if [[ -d $system/netimage/files ]]; then
      left=$((left - 1))
      write_generation "$number" "$system"
    fi
  done
  if [[ -d $booted/netimage/files ]]; then
    number=$(number_of "$booted")
    # One that was deleted and runs.
    write_generation "${number:-0}" "$booted"
  fi
  write_generation "$default" "$default_system"
}

# Firmware is the same for all generations, and stays as it was first served.
write_firmware() {
  local file name others=()
  for file in "$default_system"/netimage/firmware/*; do
    name=${file##*/}
    if ! [[ -e $boot/$name ]]; then
      cp --dereference --no-preserve=mode -- "$file" "$work/$name"
      written+=("$name")
    elif [[ $(sha256sum <"$file") != "$(sha256sum <"$boot/$name")" ]]; then
      others+=("$name")
    fi
  done
  if ((${#others[@]} > 0)); then
    say "generation $default comes with another ${others[*]}. Firmware is not replaced by itself," \
      "as all generations have the same; to have each file replaced at once:
  cd ${boot@Q} && install -Dm644 -t new $default_system/netimage/firmware/* && mv new/* . && rmdir new"
  fi
}

put() {
  mv --no-target-directory -- "$work/$1" "$boot/$1"
}

put_link() {
  ln --symbolic -- "$1" "$work/$2"
  put "$2"
}

# Gives what was written its names, when it is on disk, and lets config.txt be that of
# the directory to boot from.
replace() {
  local from=$boot name
  if [[ -d $work/$place ]]; then
    from=$work
  fi
  cp --no-preserve=mode -- "$from/$place/config.txt" "$work/config.txt"
  sync --file-system "$boot"
  for name in "${written[@]}"; do
    put "$name"
  done
  # The names first, then what names one of them.
  sync --file-system "$boot"
  put config.txt
  is_replaced=true
  sync --file-system "$boot"
}

# For a board that passes over os_prefix: the names beside config.txt lead through one
# link to those of what boots.
link_names() {
  local path name target
  if [[ $(readlink -- "$boot/good" || true) != "$place" ]]; then
    put_link "$place" good
  fi
  for path in "$boot/$place"/*; do
    name=${path##*/}
    target=good/$name
    if [[ $name == config.txt || $name == good || $name =~ $directory_name ]] ||
      [[ $(readlink -- "$boot/$name" || true) == "$target" ]]; then
      continue
    fi
    # A directory does not make way for a link.
    if [[ -d $boot/$name && ! -L $boot/$name ]]; then
      mkdir --parents -- "$work/old"
      mv --no-target-directory -- "$boot/$name" "$work/old/$name"
    fi
    put_link "$target" "$name"
  done
  for path in "$boot"/*; do
    if [[ -L $path && ! -e $path && $(readlink -- "$path") == good/* ]]; then
      rm -- "$path"
    fi
  done
}

# Removes the directories of other generations, each whole or not at all.
remove_others() {
  local path name
  mkdir --parents -- "$work/old"
  for path in "$boot"/g*; do
    name=${path##*/}
    if [[ -d $path && ! -L $path && $name =~ $directory_name && -z ${kept[$name]-} ]] &&
      [[ $(started_by "$path/cmdline.txt") != "$booted" ]]; then
      mv --no-target-directory -- "$path" "$work/old/$name"
    fi
  done
}

booted=$(started_by "$command_line")
if $only_looks; then
  if [[ -f $boot/config.txt ]] && is_ours; then
    require_served
  fi
  exit 0
fi

system=$(readlink --canonicalize-missing -- "$1")
default=$(number_of "$system")
[[ -n $default ]] || stop "$system is no generation of $profile; make it one, and try again:
  nix-env --profile $profile --set $system"
default_system=$(system_of "$default")
if [[ $system != "$default_system" ]]; then
  say "the next boot starts generation $default itself, as there is no menu to choose a specialisation from."
fi
[[ -d $default_system/netimage/files ]] ||
  stop "generation $default has no boot files; build it with boot.loader.netimage.enable = true;"
[[ -f $boot/config.txt ]] ||
  stop "there is no $boot/config.txt; mount there what TFTP serves for this board"

if [[ ${NIXOS_INSTALL_BOOTLOADER-} != 1 ]]; then
  is_ours || leave
  require_served
fi
mkdir --parents -- "$of_this_boot"
: >"$of_this_boot/served"

trap finish EXIT
rm -rf -- "$work"
mkdir -- "$work"
write_generations
write_firmware
replace
# What is booted may lie nowhere else, of an image from before there was this.
if [[ " ${kept[*]} " == *" $booted "* || -L $boot/cmdline.txt ||
  $(started_by "$boot/cmdline.txt") != "$booted" ]]; then
  link_names
fi
remove_others
say "the next boot starts generation $default."
