# Conditions, priorities and order of definitions, and their resolution.
{ lib }:

rec {
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  defaultOverridePriority = 100;
  mkImageMediaOverride = mkOverride 60;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };
  mkBefore = mkOrder 500;
  defaultOrderPriority = 1000;
  mkAfter = mkOrder 1500;

  # A set below such properties, as several sets with the properties below.
  pushDown =
    value:
    if !builtins.isAttrs value then
      [ value ]
    else if value._type or "" == "merge" then
      lib.concatMap pushDown value.contents
    else if value._type or "" == "if" then
      map (builtins.mapAttrs (_: mkIf value.condition)) (pushDown value.content)
    else if value._type or "" == "override" then
      map (builtins.mapAttrs (_: mkOverride value.priority)) (pushDown value.content)
    else
      [ value ];

  # The values that remain once conditions are known.
  discharge =
    value:
    if value._type or "" == "merge" then
      lib.concatMap discharge value.contents
    else if value._type or "" == "if" then
      if !builtins.isBool value.condition then
        throw "mkIf: the condition is no boolean but a ${builtins.typeOf value.condition}"
      else if value.condition then
        discharge value.content
      else
        [ ]
    else
      [ value ];

  # The definitions of the highest priority, which is the lowest number.
  strongest =
    defs:
    let
      priority =
        def: if def.value._type or "" == "override" then def.value.priority else defaultOverridePriority;
      highest = builtins.foldl' (least: def: lib.min least (priority def)) 9999 defs;
    in
    {
      highestPrio = highest;
      values = map (
        def: if def.value._type or "" == "override" then def // { value = def.value.content; } else def
      ) (builtins.filter (def: priority def == highest) defs);
    };

  inOrder =
    defs:
    let
      strip =
        def:
        if def.value._type or "" == "order" then
          def
          // {
            value = def.value.content;
            inherit (def.value) priority;
          }
        else
          def;
      place = def: def.priority or defaultOrderPriority;
    in
    if builtins.any (def: def.value._type or "" == "order") defs then
      builtins.sort (a: b: place a < place b) (map strip defs)
    else
      defs;
}
