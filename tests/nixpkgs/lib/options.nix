# Options: their declaration, and lists of them for documentation.
{ lib }:

rec {
  isOption = value: value._type or null == "option";

  mkOption = attrs: { _type = "option"; } // attrs;
  mkEnableOption =
    what:
    mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${what}.";
    };
  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      path = lib.toList default;
      known = default != null;
    in
    mkOption (
      {
        type = (if nullable then lib.types.nullOr else lib.id) lib.types.package;
        description =
          "The ${lib.concatStringsSep "." (lib.toList name)} package to use."
          + lib.optionalString (extraDescription != "") " ${extraDescription}";
      }
      // lib.optionalAttrs (known || nullable) {
        default = if known then lib.getAttrFromPath path pkgs else null;
      }
      // lib.optionalAttrs known {
        defaultText = literalExpression (lib.concatStringsSep "." ([ pkgsText ] ++ path));
      }
      // lib.optionalAttrs (example != null) {
        example = literalExpression (
          if builtins.isList example then
            lib.concatStringsSep "." ([ pkgsText ] ++ example)
          else
            "${pkgsText}.${example}"
        );
      }
    );

  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalMD = text: {
    _type = "literalMD";
    inherit text;
  };

  # An option's name as one would write it, with quotes where they are needed.
  showOption =
    path:
    lib.concatMapStringsSep "." (
      part:
      if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*|<.*>|\\*" part != null then
        part
      else
        lib.strings.escapeNixString part
    ) path;
  showFiles = lib.concatMapStringsSep " and " (file: "`${toString file}'");
  showDefs = lib.concatMapStrings (
    def:
    let
      tried = builtins.tryEval (lib.generators.toPretty { multiline = false; } def.value);
    in
    "\n- In `${toString def.file}'"
    + (if tried.success then ": ${builtins.substring 0 500 tried.value}" else "")
  );
  getValues = map (x: x.value);
  getFiles = map (x: x.file);

  # The three ways to make one value of several definitions.
  mergeOneOption =
    loc: defs:
    if builtins.length defs == 1 then
      (builtins.head defs).value
    else
      throw "The option `${showOption loc}' takes a single definition. Definition values:${showDefs defs}";
  mergeUniqueOption =
    {
      message ? "",
      merge ? null,
    }:
    loc: defs:
    if merge != null && builtins.length defs == 1 then
      merge loc defs
    else if builtins.length defs == 1 then
      (builtins.head defs).value
    else
      throw "The option `${showOption loc}' takes a single definition. ${message}${showDefs defs}";
  mergeEqualOption =
    loc: defs:
    let
      first = (builtins.head defs).value;
    in
    if builtins.all (def: def.value == first) defs then
      first
    else
      throw ''
        The option `${showOption loc}' has conflicting definition values:${showDefs defs}
        Use `lib.mkForce value' or `lib.mkDefault value' to give one of them precedence.'';
  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
      every = pred: builtins.all pred values;
    in
    if builtins.length values == 1 then
      builtins.head values
    else if every lib.isFunction then
      x: mergeDefaultOption loc (map (def: def // { value = def.value x; }) defs)
    else if every builtins.isList then
      builtins.concatLists values
    else if every builtins.isAttrs then
      builtins.foldl' (a: b: a // b) { } values
    else if every builtins.isBool then
      builtins.any lib.id values
    else if every builtins.isString then
      lib.concatStrings values
    else
      mergeEqualOption loc defs;

  # Every option below a set of options, flat, submodules' options included.
  optionAttrSetToDocList = optionAttrSetToDocList' [ ];
  optionAttrSetToDocList' =
    _: options:
    lib.concatMap (
      option:
      let
        submodule =
          if option.type.name or "" == "submodule" || option ? type.getSubOptions then
            option.type.getSubOptions option.loc
          else
            { };
      in
      [
        (
          {
            inherit (option) loc;
            name = showOption option.loc;
            description = option.description or null;
            declarations = option.declarations or [ ];
            internal = option.internal or false;
            visible = option.visible or true != false;
            readOnly = option.readOnly or false;
            type = option.type.description or "unspecified value";
          }
          // lib.optionalAttrs (option ? example) { example = renderOptionValue option.example; }
          // lib.optionalAttrs (option ? defaultText || option ? default) {
            default = renderOptionValue (option.defaultText or option.default);
          }
          // lib.optionalAttrs (option ? relatedPackages) { inherit (option) relatedPackages; }
        )
      ]
      ++ lib.optionals (
        option.visible or true != false && option.visible or true != "shallow" && submodule != { }
      ) (optionAttrSetToDocList submodule)
    ) (lib.collect isOption options);
  renderOptionValue =
    value:
    if value ? _type && value ? text then
      value
    else
      literalExpression (
        lib.generators.toPretty {
          multiline = true;
          allowPrettyValues = true;
        } value
      );
}
