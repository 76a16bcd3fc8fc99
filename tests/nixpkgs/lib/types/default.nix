# The types of options.
#
#   scalars.nix     strings, numbers, paths, packages
#   containers.nix  lists and sets
#   choices.nix     one type or another, or one with conditions
#   submodule.nix   sets of options
{ lib }:

let
  isType = type: value: value._type or null == type;

  mkOptionType =
    {
      name,
      description ? name,
      # How far the description reads as one thing; see `phrase`.
      descriptionClass ? null,
      check ? (_: true),
      merge ? lib.mergeDefaultOption,
      emptyValue ? { },
      getSubOptions ? (_: { }),
      getSubModules ? null,
      substSubModules ? (_: null),
      nestedTypes ? { },
      ...
    }@attrs:
    {
      _type = "option-type";
      inherit
        name
        description
        descriptionClass
        check
        merge
        emptyValue
        getSubOptions
        getSubModules
        substSubModules
        nestedTypes
        ;
    }
    // attrs;

  # A type's description inside another's, in parentheses unless its class is
  # among those that read well there.
  phrase =
    classes: type:
    if builtins.elem (type.descriptionClass or null) classes then
      type.description
    else
      "(${type.description})";

  part =
    file:
    import file {
      inherit lib mkOptionType phrase;
    };
in
{
  inherit isType mkOptionType;
  isOptionType = isType "option-type";
  setType = type: value: value // { _type = type; };
  optionDescriptionPhrase =
    pred: type: if pred (type.descriptionClass or null) then type.description else "(${type.description})";
}
// part ./scalars.nix
// part ./containers.nix
// part ./choices.nix
// part ./submodule.nix
