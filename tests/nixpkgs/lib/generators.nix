# Values as text.
{ lib }:

rec {
  # As Nix would have it written, on one line unless multiline is asked for.
  toPretty =
    {
      multiline ? true,
      allowPrettyValues ? false,
      indent ? "",
      ...
    }@options:
    value:
    let
      inner = toPretty (options // { indent = indent + "  "; });
      break = if multiline then "\n${indent}" else " ";
      breakIn = if multiline then "\n${indent}  " else " ";
      key = name: if builtins.match "[A-Za-z_][A-Za-z0-9_'-]*" name == null then toJSON name else name;
      toJSON = lib.strings.escapeNixString;
    in
    if builtins.isString value then
      lib.strings.escapeNixString (builtins.unsafeDiscardStringContext value)
    else if value == null then
      "null"
    else if builtins.isBool value then
      lib.boolToString value
    else if builtins.isInt value || builtins.isFloat value || builtins.isPath value then
      toString value
    else if builtins.isList value then
      if value == [ ] then
        "[ ]"
      else
        "[" + breakIn + lib.concatMapStringsSep breakIn inner value + break + "]"
    else if lib.isFunction value then
      "<function>"
    else if !builtins.isAttrs value then
      "<${builtins.typeOf value}>"
    else if lib.isDerivation value then
      "<derivation ${value.name or "???"}>"
    else if allowPrettyValues && value ? __pretty then
      value.__pretty value.val
    else if value == { } then
      "{ }"
    else
      "{"
      + breakIn
      + lib.concatStringsSep breakIn (lib.mapAttrsToList (n: v: "${key n} = ${inner v};") value)
      + break
      + "}";

  mkValueStringDefault =
    _: value:
    if builtins.isBool value then
      lib.boolToString value
    else if value == null then
      "null"
    else
      toString value;
  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    sep: key: value:
    "${lib.escape [ sep ] key}${sep}${mkValueString value}";
  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    attrs:
    lib.concatStrings (
      lib.concatLists (
        lib.mapAttrsToList (
          key: value:
          map (v: indent + mkKeyValue key v + "\n") (
            if listsAsDuplicateKeys then lib.toList value else [ value ]
          )
        ) attrs
      )
    );
  toINI =
    {
      mkSectionName ? (name: lib.escape [ "[" "]" ] name),
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList (
        name: section:
        "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } section
      ) sections
    );
  toJSON = _: builtins.toJSON;
}
