# Strings.
{ lib }:

rec {
  inherit (builtins)
    concatStringsSep
    fromJSON
    fromTOML
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    stringLength
    substring
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  concatStrings = concatStringsSep "";
  concatMapStrings = f: list: concatStrings (map f list);
  concatMapStringsSep =
    sep: f: list:
    concatStringsSep sep (map f list);
  concatImapStringsSep =
    sep: f: list:
    concatStringsSep sep (lib.imap1 f list);
  concatLines = concatMapStrings (line: line + "\n");
  intersperse =
    sep: list:
    if list == [ ] then
      [ ]
    else
      lib.tail (
        lib.concatMap (x: [
          sep
          x
        ]) list
      );
  optionalString = condition: string: if condition then string else "";
  replicate = n: s: concatStrings (lib.lists.replicate n s);

  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix =
    suffix: s:
    let
      n = stringLength s - stringLength suffix;
    in
    n >= 0 && substring n (-1) s == suffix;
  hasInfix = infix: s: match ".*${escapeRegex infix}.*" "${s}" != null;
  removePrefix = prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix =
    suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
  splitString =
    sep: s:
    # With the context on each piece, as nixpkgs has it.
    map (addContextFrom s) (
      builtins.filter isString (split (escapeRegex (toString sep)) (unsafeDiscardStringContext s))
    );
  addContextFrom = from: to: substring 0 0 from + to;
  stringToCharacters = s: lib.genList (n: substring n 1 s) (stringLength s);
  stringAsChars = f: s: concatStrings (map f (stringToCharacters s));

  escape = list: replaceStrings list (map (c: "\\${c}") list);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeShellArg =
    arg:
    let
      s = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" s == null then "'${replaceStrings [ "'" ] [ "'\\''" ] s}'" else s;
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  escapeNixString = s: escape [ "$" ] (toJSON s);
  escapeXML =
    replaceStrings
      [ "\"" "'" "<" ">" "&" ]
      [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];

  lowerChars = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upperChars = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings upperChars lowerChars;
  toUpper = replaceStrings lowerChars upperChars;
  toInt =
    s:
    let
      digits = match "[[:space:]]*(-?(0|[1-9][0-9]*))[[:space:]]*" s;
    in
    if digits == null then
      throw "toInt: `${s}' is not a whole number without leading zeros"
    else
      builtins.fromJSON (builtins.head digits);
  toIntBase10 =
    s:
    let
      digits = match "[[:space:]]*(-?)0*([0-9]+)[[:space:]]*" s;
    in
    if digits == null then
      throw "toIntBase10: `${s}' is not a whole number"
    else
      builtins.fromJSON (concatStrings digits);
  fixedWidthString =
    width: filler: s:
    if stringLength s < width then fixedWidthString width filler (filler + s) else s;
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);

  isStringLike = x: isString x || builtins.isPath x || x ? outPath || x ? __toString;
  isConvertibleWithToString =
    x:
    isStringLike x
    || builtins.elem (typeOf x) [
      "null"
      "int"
      "float"
      "bool"
    ]
    || (builtins.isList x && builtins.all isConvertibleWithToString x);
  isStorePath =
    x:
    isStringLike x
    && match "${lib.escapeRegex builtins.storeDir}/[0-9a-z]{32}-[^/]+" (
      unsafeDiscardStringContext (toString x)
    ) != null;
  sanitizeDerivationName =
    s:
    let
      clean = concatMapStrings (p: if isString p then p else "-") (
        split "[^[:alnum:]+._?=-]+" (unsafeDiscardStringContext (toString s))
      );
    in
    if clean == "" then "unknown" else lib.head (match "\\.*(.*)" clean);

  makeSearchPath =
    dir: paths: concatMapStringsSep ":" (p: "${p}/${dir}") (builtins.filter (p: p != null) paths);
  makeSearchPathOutput =
    output: dir: packages:
    makeSearchPath dir (map (lib.getOutput output) packages);
  makeBinPath = makeSearchPathOutput "bin" "bin";
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
}
