# Types made of a choice between others, or of one with conditions.
{
  lib,
  mkOptionType,
  phrase,
}:

rec {
  nullOr =
    elemType:
    mkOptionType {
      name = "nullOr";
      description =
        "null or "
        + phrase [
          "noun"
          "conjunction"
        ] elemType;
      descriptionClass = "conjunction";
      check = x: x == null || elemType.check x;
      merge =
        loc: defs:
        let
          nulls = lib.count (def: def.value == null) defs;
        in
        if nulls == builtins.length defs then
          null
        else if nulls > 0 then
          throw "The option `${lib.showOption loc}' is defined both null and not null, in ${
            lib.showFiles (map (def: def.file) defs)
          }."
        else
          elemType.merge loc defs;
      emptyValue.value = null;
      inherit (elemType) getSubOptions getSubModules;
      substSubModules = modules: nullOr (elemType.substSubModules modules);
      nestedTypes = { inherit elemType; };
    };

  either =
    t1: t2:
    mkOptionType {
      name = "either";
      description = "${
        phrase [
          "noun"
          "conjunction"
        ] t1
      } or ${
        phrase [
          "noun"
          "conjunction"
          "composite"
        ] t2
      }";
      descriptionClass = "conjunction";
      check = x: t1.check x || t2.check x;
      merge =
        loc: defs:
        let
          every = t: builtins.all (def: t.check def.value) defs;
        in
        if every t1 then
          t1.merge loc defs
        else if every t2 then
          t2.merge loc defs
        else
          lib.mergeOneOption loc defs;
      nestedTypes = {
        left = t1;
        right = t2;
      };
    };
  oneOf =
    types:
    if types == [ ] then
      throw "types.oneOf needs at least one type"
    else
      builtins.foldl' either (builtins.head types) (builtins.tail types);

  coercedTo =
    coercedType: coerce: finalType:
    mkOptionType {
      name = "coercedTo";
      description = "${phrase [ "noun" ] finalType} or ${phrase [ "noun" ] coercedType} convertible to it";
      check = x: (coercedType.check x && finalType.check (coerce x)) || finalType.check x;
      merge =
        loc: defs:
        finalType.merge loc (
          map (
            def: def // { value = if coercedType.check def.value then coerce def.value else def.value; }
          ) defs
        );
      inherit (finalType) emptyValue getSubOptions getSubModules;
      substSubModules = modules: coercedTo coercedType coerce (finalType.substSubModules modules);
      nestedTypes = { inherit coercedType finalType; };
    };

  addCheck = elemType: check: elemType // { check = x: elemType.check x && check x; };
  uniq = elemType: unique { message = ""; } elemType;
  unique =
    { message }:
    elemType:
    elemType
    // {
      merge = lib.options.mergeUniqueOption {
        inherit message;
        inherit (elemType) merge;
      };
    };
}
