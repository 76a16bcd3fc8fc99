# What Nix runs for a derivation. Structured attributes are no variables yet.
if [[ -n ${NIX_ATTRS_SH_FILE:-} && -e $NIX_ATTRS_SH_FILE ]]; then
  . "$NIX_ATTRS_SH_FILE"
fi
. "$stdenv/setup"
genericBuild
