# Fixed points, overlays, and packages that can be called with other arguments.
{ lib }:

rec {
  # Before others of the same files; here none has the same.
  hiPrio =
    package:
    package
    // {
      meta = package.meta or { } // {
        priority = -10;
      };
    };

  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;
  toExtension =
    x:
    if lib.isFunction x then
      final: prev:
      let
        once = x prev;
      in
      if lib.isFunction once then x final prev else once
    else
      _: _: x;
  composeExtensions =
    f: g: final: prev:
    let
      first = f final prev;
    in
    first // g final (prev // first);
  composeManyExtensions = lib.foldr composeExtensions (_: _: { });
  makeExtensible = makeExtensibleWithCustomName "extend";
  makeExtensibleWithCustomName =
    name: f:
    lib.fix (
      self:
      f self
      // {
        ${name} = overlay: makeExtensibleWithCustomName name (extends overlay f);
      }
    );

  makeOverridable =
    f:
    lib.setFunctionArgs (
      args:
      let
        result = f args;
        override =
          new: makeOverridable f (args // (if lib.isFunction new then new args else new));
      in
      if builtins.isAttrs result then
        result
        // {
          inherit override;
        }
        // lib.optionalAttrs (result ? overrideAttrs) {
          overrideAttrs = change: makeOverridable (a: (f a).overrideAttrs change) args;
        }
      else if lib.isFunction result then
        lib.setFunctionArgs result (lib.functionArgs result) // { inherit override; }
      else
        result
    ) (lib.functionArgs f);

  callPackageWith =
    autoArgs: fn: args:
    let
      f = if lib.isFunction fn then fn else import fn;
      wanted = lib.functionArgs f;
      given = builtins.intersectAttrs wanted autoArgs // args;
      missing = builtins.filter (name: !wanted.${name} && !given ? ${name}) (builtins.attrNames wanted);
    in
    if missing == [ ] then
      makeOverridable f given
    else
      abort "callPackage: nothing is known for the argument `${builtins.head missing}' of ${
        if builtins.isPath fn then toString fn else "a function"
      }";
  callPackagesWith =
    autoArgs: fn: args:
    let
      f = if lib.isFunction fn then fn else import fn;
    in
    f (builtins.intersectAttrs (lib.functionArgs f) autoArgs // args);

  hydraJob = x: x;
  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = scope: newScope (self // scope);
        callPackage = self.newScope { };
        overrideScope = overlay: makeScope newScope (extends overlay f);
        packages = f;
      };
    in
    self;
}
