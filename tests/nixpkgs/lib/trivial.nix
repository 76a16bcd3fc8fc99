# Small functions, warnings and reading of files.
{ lib }:

rec {
  id = x: x;
  const = x: _: x;
  pipe = builtins.foldl' (x: f: f x);
  flip =
    f: a: b:
    f b a;
  max = a: b: if a > b then a else b;
  min = a: b: if a < b then a else b;
  mod = base: int: base - (int * (builtins.div base int));
  mapNullable = f: x: if x == null then x else f x;
  boolToString = b: if b then "true" else "false";
  concat = a: b: a ++ b;

  inherit (builtins)
    add
    addErrorContext
    bitAnd
    bitOr
    deepSeq
    genericClosure
    isBool
    isFloat
    isInt
    isPath
    lessThan
    pathExists
    readFile
    seq
    sub
    trace
    ;

  # Callable sets are functions, and may say what they take.
  isFunction = f: builtins.isFunction f || (f ? __functor && isFunction (f.__functor f));
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (functionArgs (f.__functor f))
    else
      builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  toFunction = v: if isFunction v then v else _: v;

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  warn = message: builtins.trace "evaluation warning: ${message}";
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);
  traceIf =
    condition: message: x:
    if condition then builtins.trace message x else x;
  traceVal = x: builtins.trace x x;
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);
  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: allowed:
    assertMsg (builtins.elem value allowed) "${name} must be one of ${
      lib.generators.toPretty { } allowed
    }, and is ${lib.generators.toPretty { } value}";
  showWarnings = warnings: x: builtins.foldl' (x: w: warn w x) x warnings;

  # The release whose interface this stands for.
  release = "26.05";
  codeName = "Stand-in";
  versionSuffix = "pre-stand-in";
  version = release + versionSuffix;
  oldestSupportedRelease = 2511;
  isInOldestRelease = r: r <= oldestSupportedRelease;
  inPureEvalMode = !builtins ? currentSystem;
}
