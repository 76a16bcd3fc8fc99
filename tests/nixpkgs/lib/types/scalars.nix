# Types of values that hold no values of other types.
{ lib, mkOptionType, ... }:

let
  simple =
    name: description: check:
    mkOptionType {
      inherit name description check;
      descriptionClass = "noun";
      merge = lib.mergeEqualOption;
    };

  atLeast =
    least: name: description:
    simple name description (x: builtins.isInt x && x >= least)
    // {
      descriptionClass = "nonRestrictiveClause";
    };
  bounded =
    name: low: high:
    simple name "integer between ${toString low} and ${toString high} (both inclusive)" (
      x: builtins.isInt x && x >= low && x <= high
    );
  sized =
    signed: bits:
    let
      span = builtins.foldl' (n: _: n * 2) 1 (lib.range 1 (if signed then bits - 1 else bits));
      low = if signed then -span else 0;
      high = span - 1;
      word = if signed then "signed" else "unsigned";
    in
    simple "${word}Int${toString bits}"
      "${toString bits} bit ${word} integer; between ${toString low} and ${toString high} (both inclusive)"
      (x: builtins.isInt x && x >= low && x <= high);

  isPathLike = x: lib.isStringLike x && builtins.substring 0 1 (toString x) == "/";
  blank = s: builtins.match "[ \t\n]*" s != null;
in
rec {
  unspecified = mkOptionType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };
  raw = mkOptionType {
    name = "raw";
    description = "raw value";
    descriptionClass = "noun";
    merge = lib.mergeOneOption;
  };
  anything = mkOptionType {
    name = "anything";
    description = "anything";
    descriptionClass = "noun";
    merge =
      loc: defs:
      let
        kinds = lib.unique (map (def: kind def.value) defs);
        kind =
          v:
          if builtins.isAttrs v && lib.isStringLike v then "stringCoercibleSet" else builtins.typeOf v;
        only = builtins.head kinds;
      in
      if builtins.length kinds != 1 then
        lib.mergeEqualOption loc defs
      else if only == "set" then
        (lib.types.lazyAttrsOf anything).merge loc defs
      else if only == "list" then
        if builtins.length defs == 1 then
          (lib.types.listOf anything).merge loc defs
        else
          lib.mergeEqualOption loc defs
      else if only == "lambda" then
        x: anything.merge loc (map (def: def // { value = def.value x; }) defs)
      else
        lib.mergeEqualOption loc defs;
  };

  bool = simple "bool" "boolean" builtins.isBool;
  boolByOr = mkOptionType {
    name = "boolByOr";
    description = "boolean (merged using or)";
    descriptionClass = "noun";
    check = builtins.isBool;
    merge = _: defs: builtins.any (def: def.value) defs;
  };

  int = simple "int" "signed integer" builtins.isInt;
  float = simple "float" "floating point number" builtins.isFloat;
  number = lib.types.either int float;
  ints = {
    between = bounded "intBetween";
    unsigned = atLeast 0 "unsignedInt" "unsigned integer, meaning >=0";
    positive = atLeast 1 "positiveInt" "positive integer, meaning >0";
    u8 = sized false 8;
    u16 = sized false 16;
    u32 = sized false 32;
    s8 = sized true 8;
    s16 = sized true 16;
    s32 = sized true 32;
  };
  port = ints.u16;

  str = simple "str" "string" builtins.isString;
  nonEmptyStr = simple "nonEmptyStr" "non-empty string" (x: builtins.isString x && !blank x);
  singleLineStr = mkOptionType {
    name = "singleLineStr";
    description = "(optionally newline-terminated) single-line string";
    descriptionClass = "noun";
    check = x: builtins.isString x && builtins.match "[^\n\r]*\n?" x != null;
    merge = loc: defs: lib.removeSuffix "\n" (lib.mergeEqualOption loc defs);
  };
  strMatching =
    pattern:
    simple "strMatching ${lib.strings.escapeNixString pattern}" "string matching the pattern ${pattern}" (
      x: builtins.isString x && builtins.match pattern x != null
    );
  separatedString =
    sep:
    mkOptionType {
      name = "separatedString";
      description =
        if sep == "" then "Concatenated string" else "strings concatenated with ${builtins.toJSON sep}";
      descriptionClass = "noun";
      check = builtins.isString;
      merge = _: defs: lib.concatStringsSep sep (lib.getValues defs);
    };
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";

  path = simple "path" "absolute path" isPathLike;
  pathInStore = simple "pathInStore" "path in the Nix store" (
    x: isPathLike x && builtins.match "${lib.escapeRegex builtins.storeDir}/[^.].*" (toString x) != null
  );
  package = mkOptionType {
    name = "package";
    description = "package";
    descriptionClass = "noun";
    check = x: lib.isDerivation x || lib.isStorePath x;
    merge =
      loc: defs:
      let
        value = lib.mergeOneOption loc defs;
      in
      if builtins.isPath value || (builtins.isString value && !builtins.hasContext value) then
        lib.toDerivation value
      else
        value;
  };
  shellPackage = package;
  optionType = mkOptionType {
    name = "optionType";
    description = "optionType";
    descriptionClass = "noun";
    check = x: x._type or null == "option-type";
    merge = lib.mergeOneOption;
  };
  attrs = mkOptionType {
    name = "attrs";
    description = "attribute set";
    check = builtins.isAttrs;
    merge = _: builtins.foldl' (merged: def: merged // def.value) { };
    emptyValue.value = { };
  };

  enum =
    values:
    let
      show =
        v:
        if builtins.isString v then
          ''"${v}"''
        else if builtins.isBool v then
          lib.boolToString v
        else
          toString v;
      several = builtins.length values > 1;
    in
    mkOptionType {
      name = "enum";
      description =
        if values == [ ] then
          "impossible (empty enum)"
        else if several then
          "one of ${lib.concatMapStringsSep ", " show values}"
        else
          "value ${show (builtins.head values)} (singular enum)";
      descriptionClass = if several then "conjunction" else "noun";
      check = x: builtins.elem x values;
      merge = lib.mergeEqualOption;
    };
}
