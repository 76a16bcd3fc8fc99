# The module system: modules in, one configuration out.
#
#   collect.nix    modules, imports followed, as a flat list
#   properties.nix mkIf, mkMerge, priorities and order
#   merge.nix      declarations and definitions, as a tree of options
#   renames.nix    modules that lead from one option to another
{ lib }:

let
  properties = import ./properties.nix { inherit lib; };
  collect = import ./collect.nix { inherit lib; };
  merge = import ./merge.nix { inherit lib properties; };
  renames = import ./renames.nix { inherit lib; };

  # What every configuration has of its own, out of the users' sight.
  internal = specialArgs: {
    _file = "the module system";
    options._module = {
      args = lib.mkOption {
        type = lib.types.lazyAttrsOf lib.types.raw;
        default = { };
        internal = true;
        description = "Further arguments of every module.";
      };
      check = lib.mkOption {
        type = lib.types.bool;
        default = true;
        internal = true;
        description = "Whether definitions of undeclared options are errors.";
      };
      freeformType = lib.mkOption {
        type = lib.types.nullOr lib.types.optionType;
        default = null;
        internal = true;
        description = "The type of what no option declares.";
      };
      specialArgs = lib.mkOption {
        readOnly = true;
        internal = true;
        type = lib.types.raw;
        description = "Arguments that imports may depend on.";
      };
    };
    config._module.specialArgs = specialArgs;
  };

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
      class ? null,
    }@arguments:
    let
      args = {
        inherit lib config options;
        inherit (result) _module;
        _prefix = prefix;
        _class = class;
      }
      // specialArgs;

      # As in nixpkgs, what later modules add to a list comes first.
      collected = lib.reverseList (collect {
        inherit args class;
        moduleArgs = config._module.args;
        modules = [ (internal specialArgs) ] ++ modules;
      });
      tree = merge.mergeTree prefix (map (m: { inherit (m) _file options; }) collected) (
        map (m: {
          file = m._file;
          value = m.config;
        }) collected
      );
      options = tree.options;

      declared = lib.mapAttrsRecursiveCond (value: !lib.isOption value) (_: option: option.value) options;
      freeformType = declared._module.freeformType;
      relative = path: lib.drop (builtins.length prefix) path;
      free = freeformType.merge prefix (
        lib.concatMap (
          u:
          map (def: {
            inherit (def) file;
            value = lib.setAttrByPath (relative u.loc) def.value;
          }) u.defs
        ) tree.unmatched
      );
      config =
        if freeformType == null || tree.unmatched == [ ] && freeformType.emptyValue ? value then
          declared
        else
          lib.recursiveUpdateUntil (
            path: _: _:
            lib.isOption (lib.attrByPath path { } options)
          ) free declared;

      undeclared = builtins.head tree.unmatched;
      checked =
        if declared._module.check && freeformType == null && tree.unmatched != [ ] then
          throw "The option `${lib.showOption undeclared.loc}' does not exist. Definition values:${lib.options.showDefs undeclared.defs}"
        else
          config;

      result = {
        _type = "configuration";
        inherit options class;
        config = builtins.removeAttrs checked [ "_module" ];
        _module = checked._module;
        type = lib.types.submoduleWith { inherit modules specialArgs; };
        extendModules =
          {
            modules ? [ ],
            specialArgs ? { },
            prefix ? arguments.prefix or [ ],
          }:
          evalModules (
            arguments
            // {
              inherit prefix;
              modules = arguments.modules ++ modules;
              specialArgs = arguments.specialArgs or { } // specialArgs;
            }
          );
      };
    in
    result;
in
properties // { inherit (merge) mergeDefinitions; } // renames // { inherit evalModules; }
