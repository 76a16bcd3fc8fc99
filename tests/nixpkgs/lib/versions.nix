# Version numbers, and what a package says of itself.
{ lib }:

rec {
  versionOlder = a: b: builtins.compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  inherit (builtins) compareVersions splitVersion;
  major = v: builtins.elemAt (splitVersion v) 0;
  minor = v: builtins.elemAt (splitVersion v) 1;
  majorMinor = v: lib.concatStringsSep "." (lib.take 2 (splitVersion v));

  getName = x: if builtins.isString x then (builtins.parseDrvName x).name else x.pname or (getName x.name);
  getVersion =
    x: if builtins.isString x then (builtins.parseDrvName x).version else x.version or (getVersion x.name);
  getExe' =
    package: program:
    assert lib.assertMsg (!lib.hasInfix "/" program) "getExe': `${program}' has a slash";
    "${lib.getBin package}/bin/${program}";
  getExe =
    package:
    getExe' package (
      package.meta.mainProgram
        or (throw "getExe: ${package.name or "the package"} has no meta.mainProgram")
    );
}
