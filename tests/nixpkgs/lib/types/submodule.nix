# A set of options as the type of an option.
{ lib, mkOptionType, ... }:

let
  # Bound here, since mkOptionType's callers pass some of these on.
  isModuleFile = x: builtins.isPath x || (builtins.isString x && builtins.substring 0 1 x == "/");
in
rec {
  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = lib.toList modules;
    };

  submoduleWith =
    {
      modules,
      specialArgs ? { },
      # Whether a definition that is a set is all config.
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }@arguments:
    let
      asModule =
        def:
        if builtins.isAttrs def.value && shorthandOnlyDefinesConfig then
          {
            _file = def.file;
            config = def.value;
          }
        else
          {
            _file = def.file;
            imports = [ def.value ];
          };
      evaluate =
        prefix: name: defs:
        lib.modules.evalModules {
          inherit prefix specialArgs class;
          modules = modules ++ [ { _module.args.name = lib.mkOptionDefault name; } ] ++ map asModule defs;
        };
      docs = lib.modules.evalModules {
        inherit modules specialArgs class;
        prefix = [ ];
      };
      freeformType = docs._module.freeformType;
    in
    mkOptionType {
      name = "submodule";
      description =
        if description != null then
          description
        else if freeformType != null then
          "open submodule of ${
            if builtins.elem freeformType.descriptionClass [ "noun" "composite" ] then
              freeformType.description
            else
              "(${freeformType.description})"
          }"
        else
          "submodule";
      check = x: builtins.isAttrs x || lib.isFunction x || isModuleFile x;
      merge = loc: defs: (evaluate loc (lib.last loc) defs).config;
      emptyValue.value = { };
      getSubOptions =
        prefix:
        let
          found =
            (lib.modules.evalModules {
              inherit prefix specialArgs class;
              modules = modules ++ [ { _module.args.name = lib.mkOptionDefault "‹name›"; } ];
            }).options;
        in
        found
        // lib.optionalAttrs (freeformType != null) {
          _freeformOptions = freeformType.getSubOptions prefix;
        };
      getSubModules = modules;
      substSubModules =
        modules: submoduleWith (arguments // { inherit modules; });
    };

  deferredModule = mkOptionType {
    name = "deferredModule";
    description = "module";
    descriptionClass = "noun";
    check = x: builtins.isAttrs x || lib.isFunction x || isModuleFile x;
    merge = _: defs: {
      imports = map (def: lib.setAttrByPath [ "imports" ] [ def.value ] // { _file = def.file; }) defs;
    };
  };
}
