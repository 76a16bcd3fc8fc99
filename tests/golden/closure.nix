# The closure that the golden files describe. /bin/sh, which must be bash, is all
# that it is built with; `tree` is a directory that ./make fills with what
# a file system may hold and bash alone cannot make.
{ tree }:
let
  derive =
    name: script: attributes:
    derivation (
      {
        inherit name;
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [
          "-euc"
          script
        ];
      }
      // attributes
    );

  # Every character that a name may have.
  odd = derive "odd+-._?=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" ''
    echo odd > "$out"
  '' { };

  # Content-addressed, so without deriver.
  source = builtins.path {
    name = "source";
    path = tree;
  };
  text = builtins.toFile "text" "see ${source}\n";

  # A diamond over one path that refers to itself.
  bottom = derive "bottom" ''
    echo "$out ${odd}" > "$out"
  '' { };
  left = derive "left" ''
    echo "$out ${bottom}" > "$out"
  '' { };
  right = derive "right" ''
    echo "${bottom} ${text}" > "$out"
  '' { };

  # Two outputs, so one deriver for two paths.
  top =
    derive "top-1.0"
      ''
        echo "${left} ${right} ${source} $doc" > "$out"
        echo "${right}" > "$doc"
      ''
      {
        outputs = [
          "out"
          "doc"
        ];
      };
in
{
  inherit top;

  # What a builder with structured attributes is told, copied out.
  attributes =
    derive "attributes"
      ''
        . "$NIX_ATTRS_SH_FILE"
        echo "$(<"$NIX_ATTRS_JSON_FILE")" > "''${outputs[out]}"
      ''
      {
        __structuredAttrs = true;
        spec.version = 1;
        exportReferencesGraph.closure = [ top.out ];
        unsafeDiscardReferences.out = true;
      };
}
