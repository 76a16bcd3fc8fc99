# The environment of every derivation and of `nix develop`, as nixpkgs' stdenv
# has it: attributes become variables and programs come into PATH.
set -euo pipefail

if [[ -n ${NIX_ATTRS_SH_FILE:-} && -e $NIX_ATTRS_SH_FILE ]]; then
  . "$NIX_ATTRS_SH_FILE"
  for name in "${!outputs[@]}"; do
    declare -gx "$name=${outputs[$name]}"
  done
  for name in "${!env[@]}"; do
    declare -gx "$name=${env[$name]}"
  done
fi

PATH=
SHELL=$shell
: "${outputBin:=out}"
export PATH SHELL HOME=${HOME:-/homeless-shelter}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800} TZ=UTC LC_ALL=C
umask 022

# Packages whose programs a build calls, then the tools that are always there.
_hooks=()
for package in ${nativeBuildInputs[@]+"${nativeBuildInputs[@]}"}; do
  # Without structured attributes this is one string.
  for directory in $package; do
    PATH=$PATH${PATH:+:}$directory/bin
    if [[ -e $directory/nix-support/setup-hook ]]; then
      _hooks+=("$directory/nix-support/setup-hook")
    fi
  done
done
PATH=$PATH${PATH:+:}$(<"$stdenv/initial-path"):${shell%/*}

stripHash() {
  local base=${1##*/}
  if [[ $base =~ ^[0-9a-z]{32}- ]]; then
    base=${base:33}
  fi
  printf '%s\n' "$base"
}

runHook() {
  local hook=$1
  if declare -F "$hook" >/dev/null; then
    "$hook"
  else
    eval "${!hook-}"
  fi
}

for hook in ${_hooks[@]+"${_hooks[@]}"}; do
  . "$hook"
done

unpackPhase() {
  runHook preUnpack
  if [[ -n ${src:-} ]]; then
    if [[ -d $src ]]; then
      local name
      name=$(stripHash "$src")
      cp -r --no-preserve=ownership -- "$src" "$name"
      chmod -R u+w -- "$name"
    else
      tar -xf "$src"
      name=$(echo */)
    fi
    cd -- "${sourceRoot:-$name}"
  fi
  runHook postUnpack
}
patchPhase() { runHook prePatch; runHook postPatch; }
configurePhase() { runHook preConfigure; runHook postConfigure; }
buildPhase() { runHook preBuild; runHook postBuild; }
checkPhase() { runHook preCheck; runHook postCheck; }
installPhase() { runHook preInstall; runHook postInstall; }
fixupPhase() { runHook preFixup; runHook postFixup; }

# Phases as attributes have the better right.
runPhase() {
  local phase=$1 skip
  skip=dont${phase^}
  skip=${skip%Phase}
  if [[ $phase == checkPhase && -z ${doCheck:-} ]] || [[ -n ${!skip:-} ]]; then
    return 0
  fi
  if [[ -n ${!phase:-} ]]; then
    eval "${!phase}"
  else
    "$phase"
  fi
}

# The command, or else the phases.
genericBuild() {
  local phase
  if [[ -n ${buildCommandPath:-} ]]; then
    . "$buildCommandPath"
  elif [[ -n ${buildCommand:-} ]]; then
    eval "$buildCommand"
  else
    for phase in ${phases:-unpackPhase patchPhase configurePhase buildPhase checkPhase installPhase fixupPhase}; do
      runPhase "$phase"
    done
  fi
}

# As in nixpkgs, commands may read variables that are not set.
set +u
