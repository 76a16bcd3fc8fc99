# Declarations and definitions in, a tree of evaluated options out.
{ lib, properties }:

rec {
  # decls: [ { _file; options } ], defs: [ { file; value } ], all for the
  # options below `prefix`. What nothing declares comes back as `unmatched`.
  mergeTree =
    prefix: decls: defs:
    let
      declsByName = builtins.zipAttrsWith (_: found: found) (
        map (
          d:
          if builtins.isAttrs d.options then
            builtins.mapAttrs (_: options: {
              inherit (d) _file;
              inherit options;
            }) d.options
          else
            throw "`${d._file}' declares options at `${lib.showOption prefix}' that are no attribute set"
        ) decls
      );
      defsByName = builtins.zipAttrsWith (_: found: found) (
        lib.concatMap (
          d:
          map (
            value:
            if builtins.isAttrs value then
              builtins.mapAttrs (_: value: {
                inherit (d) file;
                inherit value;
              }) value
            else
              throw "`${lib.showOption prefix}' is no option but a set of options; `${d.file}' gives it a ${builtins.typeOf value}."
          ) (properties.pushDown d.value)
        ) defs
      );
      nodes = builtins.mapAttrs (
        name: found:
        let
          loc = prefix ++ [ name ];
          here = builtins.filter (d: lib.isOption d.options) found;
          defs = defsByName.${name} or [ ];
        in
        if here == [ ] then
          mergeTree loc found defs
        else if builtins.length here == builtins.length found then
          {
            options = evalOption loc (mergeDeclarations loc found) defs;
            unmatched = [ ];
          }
        else if builtins.all (d: d.options.type.getSubModules or null != null) here then
          # A submodule's options may also be declared from outside, by path.
          {
            options = evalOption loc (mergeDeclarations loc (map asSubmodule found)) defs;
            unmatched = [ ];
          }
        else
          throw "The option `${lib.showOption loc}' of `${(builtins.head here)._file}' is declared as a set of options too, in ${
            lib.showFiles (map (d: d._file) (builtins.filter (d: !lib.isOption d.options) found))
          }."
      ) declsByName;
      undeclared = builtins.removeAttrs defsByName (builtins.attrNames declsByName);
    in
    {
      options = builtins.mapAttrs (_: node: node.options) nodes;
      unmatched =
        lib.mapAttrsToList (name: defs: {
          loc = prefix ++ [ name ];
          inherit defs;
        }) undeclared
        ++ lib.concatMap (node: node.unmatched) (builtins.attrValues nodes);
    };

  asSubmodule =
    d:
    if lib.isOption d.options then
      d
    else
      d
      // {
        options = lib.mkOption {
          type = lib.types.submoduleWith {
            shorthandOnlyDefinesConfig = true;
            modules = [ { inherit (d) _file options; } ];
          };
        };
      };

  # One option may be declared in parts, for instance its type in one module
  # and its default in another; submodules take up each other's options.
  mergeDeclarations =
    loc: found:
    builtins.foldl'
      (
        merged: d:
        let
          shared = builtins.intersectAttrs d.options merged;
          clash = builtins.filter (name: shared ? ${name}) [
            "default"
            "example"
            "description"
            "apply"
          ];
          modules = option: option.type.getSubModules or null;
          type =
            if !(shared ? type) then
              { }
            else if modules merged != null && modules d.options != null then
              { type = merged.type.substSubModules (modules merged ++ modules d.options); }
            else if merged.type.name == d.options.type.name && modules d.options == null then
              { inherit (merged) type; }
            else
              throw "The option `${lib.showOption loc}' in `${d._file}' is already declared, with another type, in ${lib.showFiles merged.declarations}.";
        in
        if clash != [ ] then
          throw "The option `${lib.showOption loc}' in `${d._file}' is already declared in ${lib.showFiles merged.declarations}, with another `${builtins.head clash}'."
        else
          merged // d.options // type // { declarations = merged.declarations ++ [ d._file ]; }
      )
      {
        inherit loc;
        declarations = [ ];
      }
      found;

  evalOption =
    loc: declared: defs:
    let
      option = {
        type = lib.types.unspecified;
      }
      // declared;
      all =
        lib.optional (option ? default) {
          file = builtins.head option.declarations;
          value = properties.mkOptionDefault option.default;
        }
        ++ defs;
      merged =
        if option.readOnly or false && builtins.length all > 1 then
          throw "The option `${lib.showOption loc}' is read-only, but it is set more than once.${lib.options.showDefs all}"
        else
          mergeDefinitions loc option.type all;
      value = builtins.addErrorContext "while evaluating the option `${lib.showOption loc}':" (
        if option ? apply then option.apply merged.mergedValue else merged.mergedValue
      );
    in
    option
    // {
      inherit value;
      inherit (merged) isDefined;
      inherit (merged.resolved) highestPrio;
      definitions = map (def: def.value) merged.resolved.values;
      files = map (def: def.file) merged.resolved.values;
      definitionsWithLocations = merged.resolved.values;
      options = option.type.getSubOptions loc;
      __toString = _: lib.showOption loc;
    };

  mergeDefinitions =
    loc: type: defs:
    let
      discharged = lib.concatMap (
        def:
        map (value: {
          inherit (def) file;
          inherit value;
        }) (properties.discharge def.value)
      ) defs;
      chosen = properties.strongest discharged;
      resolved = chosen // {
        values = properties.inOrder chosen.values;
      };
      isDefined = resolved.values != [ ];
      wrong = builtins.filter (def: !type.check def.value) resolved.values;
      mergedValue =
        if !isDefined then
          type.emptyValue.value or (throw "The option `${lib.showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if wrong != [ ] then
          throw "A definition for option `${lib.showOption loc}' is not of type `${type.description}'. Definition values:${lib.options.showDefs wrong}"
        else
          type.merge loc resolved.values;
    in
    {
      inherit resolved isDefined mergedValue;
      defsFinal = resolved.values;
      optionalValue = lib.optionalAttrs isDefined { value = mergedValue; };
    };
}
