# Names that are switched on, as a list or one by one.
{ lib }:

let
  inherit (lib) mkOption types;
  type = types.coercedTo (types.listOf types.str) (list: lib.genAttrs list (_: true)) (
    types.attrsOf types.bool
  );
in
{
  # Read as a set of booleans.
  set =
    description:
    mkOption {
      inherit type description;
      default = { };
    };
  # Read as a list.
  list =
    description:
    mkOption {
      inherit type description;
      default = { };
      apply = set: builtins.attrNames (lib.filterAttrs (_: on: on) set);
    };
}
