# Attribute sets.
{ lib }:

rec {
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  nameValuePair = name: value: { inherit name value; };
  optionalAttrs = condition: attrs: if condition then attrs else { };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrs' = f: attrs: listToAttrs (map (name: f name attrs.${name}) (attrNames attrs));
  mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (attrNames attrs);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: attrs: mergeAttrsList (mapAttrsToList f attrs);
  filterAttrs =
    pred: attrs: removeAttrs attrs (builtins.filter (n: !pred n attrs.${n}) (attrNames attrs));
  filterAttrsRecursive =
    pred: attrs:
    mapAttrs (_: v: if isAttrs v then filterAttrsRecursive pred v else v) (filterAttrs pred attrs);
  getAttrs = names: attrs: genAttrs names (name: attrs.${name});
  mergeAttrs = a: b: a // b;
  mergeAttrsList = builtins.foldl' mergeAttrs { };
  foldAttrs =
    op: nul: list:
    zipAttrsWith (_: lib.foldr op nul) list;
  foldlAttrs =
    f: init: attrs:
    builtins.foldl' (acc: name: f acc name attrs.${name}) init (attrNames attrs);
  zipAttrs = zipAttrsWith (_: values: values);
  matchAttrs =
    pattern: attrs:
    builtins.all (
      name:
      attrs ? ${name}
      && (
        if isAttrs pattern.${name} then
          isAttrs attrs.${name} && matchAttrs pattern.${name} attrs.${name}
        else
          pattern.${name} == attrs.${name}
      )
    ) (attrNames pattern);

  # Paths, which are lists of names.
  attrByPath =
    path: default: attrs:
    if path == [ ] then
      attrs
    else if isAttrs attrs && attrs ? ${builtins.head path} then
      attrByPath (builtins.tail path) default attrs.${builtins.head path}
    else
      default;
  hasAttrByPath =
    path: attrs:
    path == [ ]
    || (
      isAttrs attrs
      && attrs ? ${builtins.head path}
      && hasAttrByPath (builtins.tail path) attrs.${builtins.head path}
    );
  getAttrFromPath =
    path: attrByPath path (throw "cannot find attribute `${lib.concatStringsSep "." path}'");
  setAttrByPath = path: value: lib.foldr (name: inner: { ${name} = inner; }) value path;
  updateManyAttrsByPath =
    updates: attrs:
    builtins.foldl' (
      attrs: u:
      recursiveUpdate attrs (setAttrByPath u.path (u.update (attrByPath u.path null attrs)))
    ) attrs updates;

  recursiveUpdateUntil =
    stop: left: right:
    let
      merge =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
            old = builtins.elemAt values 1;
            new = builtins.head values;
          in
          if builtins.length values == 1 || stop here old new then new else merge here values
        );
    in
    merge [ ] [
      right
      left
    ];
  recursiveUpdate = recursiveUpdateUntil (
    _: left: right:
    !(isAttrs left && isAttrs right)
  );
  mapAttrsRecursiveCond =
    cond: f: attrs:
    let
      walk =
        path:
        mapAttrs (
          name: value:
          if isAttrs value && cond value then walk (path ++ [ name ]) value else f (path ++ [ name ]) value
        );
    in
    walk [ ] attrs;
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  collect =
    pred: attrs:
    if pred attrs then
      [ attrs ]
    else if isAttrs attrs then
      builtins.concatMap (collect pred) (attrValues attrs)
    else
      [ ];

  # Packages.
  isDerivation = value: value.type or null == "derivation";
  toDerivation =
    path:
    let
      path' = builtins.storePath path;
    in
    {
      type = "derivation";
      name = lib.removePrefix "/" (lib.substring 33 (-1) (baseNameOf path'));
      outPath = path';
      outputs = [ "out" ];
      outputName = "out";
      out = toDerivation path;
    };
  recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = attrs: attrs // { recurseForDerivations = false; };
  getOutput =
    output: package:
    if !package ? outputSpecified || !package.outputSpecified then
      package.${output} or package.out or package
    else
      package;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getDev = getOutput "dev";
  getMan = getOutput "man";
}
