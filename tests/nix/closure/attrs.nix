# The attributes that Nix writes for a derivation over the closure, as a file.
{
  system ? builtins.currentSystem,
  depth ? 200,
}:
let
  closure = import ./default.nix { inherit depth system; };
in
derivation {
  name = "attrs.json";
  inherit system;
  __structuredAttrs = true;
  unsafeDiscardReferences.out = true;
  exportReferencesGraph.closure = [ closure.toplevel ];
  builder = "/usr/bin/bash";
  args = [
    "-euc"
    ''
      PATH=/usr/bin
      . "$NIX_ATTRS_SH_FILE"
      cp "$NIX_ATTRS_JSON_FILE" "''${outputs[out]}"
      # Were cp the last, bash would become it, and cp closes its output before
      # it exits. Nix takes that for the end and may kill it first (nix#2176).
      exit
    ''
  ];
}
