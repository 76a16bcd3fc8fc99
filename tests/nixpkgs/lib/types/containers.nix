# Lists and sets.
{
  lib,
  mkOptionType,
  phrase,
}:

let
  setOf =
    {
      name,
      word,
      lazy,
    }:
    elemType:
    mkOptionType {
      inherit name;
      description =
        word
        + phrase [
          "noun"
          "composite"
        ] elemType;
      descriptionClass = "composite";
      check = builtins.isAttrs;
      merge =
        loc: defs:
        let
          merged = builtins.zipAttrsWith (
            key: defs: lib.modules.mergeDefinitions (loc ++ [ key ]) elemType defs
          ) (
            map (
              def:
              builtins.mapAttrs (_: value: {
                inherit (def) file;
                inherit value;
              }) def.value
            ) defs
          );
        in
        # Which attributes remain is known only once their conditions are; the
        # lazy form leaves it open, at the price of attributes without a value.
        if lazy then
          builtins.mapAttrs (
            _: m: if m.isDefined then m.mergedValue else elemType.emptyValue.value or m.mergedValue
          ) merged
        else
          builtins.mapAttrs (_: m: m.mergedValue) (lib.filterAttrs (_: m: m.isDefined) merged);
      emptyValue.value = { };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<name>" ]);
      inherit (elemType) getSubModules;
      substSubModules =
        modules: setOf { inherit name word lazy; } (elemType.substSubModules modules);
      nestedTypes = { inherit elemType; };
    };
in
rec {
  attrsOf = setOf {
    name = "attrsOf";
    word = "attribute set of ";
    lazy = false;
  };
  lazyAttrsOf = setOf {
    name = "lazyAttrsOf";
    word = "lazy attribute set of ";
    lazy = true;
  };

  listOf =
    elemType:
    mkOptionType {
      name = "listOf";
      description =
        "list of "
        + phrase [
          "noun"
          "composite"
        ] elemType;
      descriptionClass = "composite";
      check = builtins.isList;
      merge =
        loc: defs:
        map (m: m.mergedValue) (
          builtins.filter (m: m.isDefined) (
            lib.concatLists (
              lib.imap1 (
                n: def:
                lib.imap1 (
                  m: value:
                  lib.modules.mergeDefinitions
                    (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ])
                    elemType
                    [
                      {
                        inherit (def) file;
                        inherit value;
                      }
                    ]
                ) def.value
              ) defs
            )
          )
        );
      emptyValue.value = [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: listOf (elemType.substSubModules modules);
      nestedTypes = { inherit elemType; };
    };
  nonEmptyListOf =
    elemType:
    lib.types.addCheck (listOf elemType) (x: x != [ ])
    // {
      description = "non-empty (${(listOf elemType).description})";
      emptyValue = { };
    };
}
