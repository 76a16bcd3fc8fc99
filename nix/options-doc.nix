# docs/options.md: the options of the modules, as tables in Markdown.
#
# Only the declarations are read: neither packages nor a configuration are
# there, so that a default that follows from them needs a `defaultText`.
{ lib }:

let
  inherit (lib) concatMapStringsSep concatStringsSep escape;

  optionsOf =
    module:
    (lib.evalModules {
      modules = [
        module
        {
          # The module sets options of NixOS, which are not declared here.
          _module.check = false;
          _module.args.pkgs = throw "an option needs pkgs to be documented; give it a defaultText";
        }
      ];
    }).options;

  # Those of submodules among them, which have a name for each in their own.
  withNested =
    option:
    let
      nested = lib.collect lib.isOption (
        removeAttrs (option.type.getSubOptions option.loc) [ "_module" ]
      );
    in
    [ option ] ++ lib.optionals (option.loc == machines) (lib.concatMap withNested nested);
  machines = [
    "services"
    "netimage"
    "machines"
  ];

  ofMachine = optionsOf ./module.nix;
  all =
    lib.collect lib.isOption ofMachine.netImage
    ++ lib.collect lib.isOption ofMachine.boot.loader.netimage;
  ofServer = lib.concatMap withNested (
    lib.collect lib.isOption (optionsOf ./server.nix).services.netimage
  );
  nameOf = option: lib.showOption option.loc;
  documented = lib.filter (option: !(option.internal or false) && option.visible or true == true);
  # Renamed options are there, but not to be seen.
  aliases = lib.filter (
    option: !(option.internal or false) && option.visible or true != true
  ) all;

  # A cell is one line, in which a bar would end it.
  cell =
    text:
    escape [ "|" ] (
      concatStringsSep " " (
        lib.filter (line: line != "") (map (lib.removePrefix " ") (lib.splitString "\n" text))
      )
    );
  code =
    text:
    # Twice where the text has backquotes of its own.
    if lib.hasInfix "`" text then "`` ${cell text} ``" else "`${cell text}`";
  value =
    given:
    if given ? _type && given ? text then
      (if given._type == "literalMD" then cell else code) given.text
    else
      code (lib.generators.toPretty { multiline = false; } given);

  default =
    option:
    if option ? defaultText then
      value option.defaultText
    else if option ? default then
      value option.default
    else
      "";
  # Newer nixpkgs says "absolute path", older "path".
  typeOf = option: lib.replaceStrings [ "absolute path" ] [ "path" ] option.type.description;
  row =
    option:
    "| "
    + concatStringsSep " | " [
      "`${nameOf option}`"
      (cell (typeOf option))
      (default option)
      (cell (option.description or (throw "${nameOf option} has no description")))
      (if option ? example then value option.example else "")
    ]
    + " |";

  # The end of a renamed option is in its description only.
  newName =
    option:
    let
      found = builtins.match ".*`(netImage[^`']*)['`].*" option.description;
    in
    if found == null then throw "${nameOf option} has no new name" else lib.head found;
  alias = option: "- `${nameOf option}` is now `${newName option}`.";
  table = options: ''
    | option | type | default | what it is | example |
    | --- | --- | --- | --- | --- |
    ${concatMapStringsSep "\n" row (documented options)}'';
in
''
  # Options

  All options of the modules, made from their declarations by
  `tests/options/run --update`. Where the default is empty there is none.

  ## Of a machine that boots over the network

  ${table all}

  Old names still work, with a warning:

  ${concatMapStringsSep "\n" alias aliases}

  ## Of its server

  ${table ofServer}
''
