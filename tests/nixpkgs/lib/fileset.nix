# Sets of files, by which a derivation's source is a selection of a directory.
#
# A set is a predicate on absolute paths of files. A directory belongs to a
# source when a file somewhere below it does.
{ lib }:

let
  below = base: path: path == base || lib.hasPrefix (if base == "/" then base else base + "/") path;

  make = bases: has: {
    _type = "fileset";
    inherit bases has;
  };

  coerce =
    caller: value:
    if value._type or null == "fileset" then
      value
    else if !builtins.isPath value then
      throw "lib.fileset.${caller}: expected a path or a file set, got a ${builtins.typeOf value}"
    else if !builtins.pathExists value then
      throw "lib.fileset.${caller}: ${toString value} does not exist"
    else
      make [ (toString value) ] (path: _: below (toString value) path);

  hasFiles =
    has: directory:
    let
      entries = builtins.readDir directory;
    in
    builtins.any (
      name:
      let
        path = "${toString directory}/${name}";
      in
      if entries.${name} == "directory" then hasFiles has path else has path entries.${name}
    ) (builtins.attrNames entries);
in
rec {
  toSource =
    { root, fileset }:
    let
      set = coerce "toSource" fileset;
      outside = builtins.filter (base: !below (toString root) base) set.bases;
    in
    if !builtins.isPath root then
      throw "lib.fileset.toSource: root must be a path"
    else if outside != [ ] then
      throw "lib.fileset.toSource: ${builtins.head outside} is not below the root ${toString root}"
    else
      rec {
        _type = "fileset-source";
        name = "source";
        origSrc = root;
        outPath = builtins.path {
          inherit name;
          path = root;
          filter = path: type: if type == "directory" then hasFiles set.has path else set.has path type;
        };
      };

  union =
    a: b:
    unions [
      a
      b
    ];
  unions =
    list:
    let
      sets = map (coerce "unions") list;
    in
    make (lib.concatMap (s: s.bases) sets) (path: type: builtins.any (s: s.has path type) sets);
  intersection =
    a: b:
    let
      left = coerce "intersection" a;
      right = coerce "intersection" b;
    in
    make left.bases (path: type: left.has path type && right.has path type);
  difference =
    a: b:
    let
      left = coerce "difference" a;
      right = coerce "difference" b;
    in
    make left.bases (path: type: left.has path type && !right.has path type);
  fileFilter =
    pred: root:
    make [ (toString root) ] (
      path: type:
      let
        name = baseNameOf path;
      in
      below (toString root) path
      && pred {
        inherit name type;
        hasExt = ext: lib.hasSuffix ".${ext}" name;
      }
    );
  maybeMissing = path: if builtins.pathExists path then path else make [ ] (_: _: false);
}
