# Follows imports, calls modules that are functions, and brings each module
# into the form { _file; key; imports; options; config; }.
#
# Modules that are files are taken once, however often they are imported.
{ lib }:

{
  modules,
  # The arguments that need no configuration, and those that come out of it.
  args,
  moduleArgs,
  class,
}:

let
  call =
    file: f:
    let
      wanted = lib.functionArgs f;
      found = builtins.mapAttrs (
        name: _:
        builtins.addErrorContext "while evaluating the module argument `${name}' in `${file}':" (
          args.${name} or moduleArgs.${name}
            or (throw "the module argument `${name}' of `${file}' is neither in specialArgs nor in _module.args")
        )
      ) wanted;
    in
    f (args // found);

  keywords = [
    "_class"
    "_file"
    "config"
    "disabledModules"
    "freeformType"
    "imports"
    "key"
    "meta"
    "options"
  ];

  normalise =
    file: key: m:
    let
      full = m ? config || m ? options;
      strange = builtins.attrNames (builtins.removeAttrs m keywords);
      freeform = lib.optionalAttrs (m ? freeformType) {
        _file = m._file or file;
        value._module.freeformType = m.freeformType;
      };
      config = if full then m.config or { } else builtins.removeAttrs m (lib.remove "meta" keywords);
    in
    if m ? _type && m._type != "configuration" && !full then
      # A whole module may stand below mkIf or mkMerge.
      {
        _file = file;
        inherit key;
        imports = [ ];
        options = { };
        config = m;
      }
    else if full && strange != [ ] then
      throw "The module `${file}' has `config' or `options', and `${builtins.head strange}' beside them, which belongs into one of the two."
    else if class != null && m._class or null != null && m._class != class then
      throw "The module `${file}' is for configurations of class `${m._class}', not `${class}'."
    else
      {
        _file = toString (m._file or file);
        key = toString (m.key or key);
        imports = m.imports or [ ];
        options = m.options or { };
        config =
          if freeform == { } then
            config
          else
            lib.mkMerge [
              config
              freeform.value
            ];
      };

  load =
    parent: n: m:
    let
      isFile = builtins.isPath m || builtins.isString m || (builtins.isAttrs m && m ? outPath && !m ? _file);
      file = if isFile then toString m else parent._file;
      key = if isFile then toString m else "${parent.key}:${toString n}";
      body = if isFile then import (if builtins.isPath m then m else "${m}") else m;
    in
    if builtins.isList m then
      throw "`${file}' imports a list, where a module is expected"
    else
      normalise file key (if lib.isFunction body then call file body else body);

  root = {
    _file = "<unknown-file>";
    key = "";
  };
  item = module: {
    inherit (module) key;
    inherit module;
  };
in
map (found: found.module) (
  builtins.genericClosure {
    startSet = map item (lib.imap1 (load root) modules);
    operator = found: map item (lib.imap1 (load found.module) found.module.imports);
  }
)
