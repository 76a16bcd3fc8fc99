# Puts man pages and completion scripts where nixpkgs' hook puts them.

installManPage() {
  local page name
  for page; do
    name=$(stripHash "$page")
    name=${name%.gz}
    [[ $name =~ \.[0-9a-z]+$ ]] || {
      printf 'installManPage: %s has no section\n' "$page" >&2
      return 1
    }
    install -D -m 644 -T "$page" "${!outputBin}/share/man/man${name##*.}/$(stripHash "$page")"
  done
}

# [--bash|--fish|--zsh] [--name FILE | --cmd COMMAND] SCRIPT...
# FILE is taken as it is, for the next script only; COMMAND is given the ending
# or underscore of each shell. Else the script's own name serves.
installShellCompletion() {
  local shell= name= command= kind base directory
  while (($# > 0)); do
    case $1 in
      --bash | --fish | --zsh) shell=${1#--} ;;
      --name) name=$2; shift ;;
      --name=*) name=${1#*=} ;;
      --cmd) command=$2; shift ;;
      --cmd=*) command=${1#*=} ;;
      --*)
        printf 'installShellCompletion: unknown option %s\n' "$1" >&2
        return 2
        ;;
      *)
        kind=$shell
        base=
        if [[ ! -p $1 ]]; then
          base=$(stripHash "$1")
        fi
        if [[ -z $kind ]]; then
          case $base in
            *.bash | *.fish | *.zsh) kind=${base##*.} ;;
            *)
              printf 'installShellCompletion: the shell of %s is not known\n' "$1" >&2
              return 2
              ;;
          esac
        fi
        if [[ -n $name ]]; then
          base=$name
        elif [[ -n $command ]]; then
          case $kind in
            zsh) base=_$command ;;
            *) base=$command.$kind ;;
          esac
        elif [[ $kind == zsh ]]; then
          base=${base%.zsh}
          base=_${base#_}
        fi
        case $kind in
          bash) directory=bash-completion/completions ;;
          fish) directory=fish/vendor_completions.d ;;
          zsh) directory=zsh/site-functions ;;
        esac
        mkdir -p "${!outputBin}/share/$directory"
        cat "$1" >"${!outputBin}/share/$directory/$base"
        name=
        ;;
    esac
    shift
  done
}
