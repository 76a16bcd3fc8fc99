# As much of nixpkgs' lib as the project calls, under the same names and with
# the same meaning, so that the project's own files run against either.
let
  fix =
    f:
    let
      x = f x;
    in
    x;
in
fix (
  lib:
  let
    part = file: import file { inherit lib; };

    namespaces = {
      fileset = part ./fileset.nix;
      options = part ./options.nix;
      modules = part ./modules;
      types = part ./types;
      systems = part ./systems.nix;
      licenses = part ./licenses.nix;
      generators = part ./generators.nix;
      maintainers = { };
      trivial = part ./trivial.nix;
      strings = part ./strings.nix;
      versions = part ./versions.nix;
      lists = part ./lists.nix;
      attrsets = part ./attrsets.nix;
      customisation = part ./customisation.nix;
      sources = part ./sources.nix;
      platforms = {
        linux = [
          "aarch64-linux"
          "x86_64-linux"
        ];
        all = [
          "aarch64-linux"
          "x86_64-linux"
        ];
      };
    };
  in
  builtins.removeAttrs
    (
      namespaces
      // namespaces.trivial
      // namespaces.strings
      // namespaces.versions
      // namespaces.lists
      // namespaces.attrsets
      // namespaces.customisation
      // namespaces.sources
      // {
        inherit fix;
        inherit (namespaces.options)
          isOption
          literalExpression
          literalMD
          mkEnableOption
          mkOption
          mkPackageOption
          optionAttrSetToDocList
          showFiles
          showOption
          getValues
          mergeEqualOption
          mergeOneOption
          mergeDefaultOption
          ;
        inherit (namespaces.modules)
          evalModules
          mergeDefinitions
          mkAfter
          mkAliasOptionModule
          mkAliasOptionModuleMD
          mkBefore
          mkChangedOptionModule
          mkDefault
          mkForce
          mkIf
          mkMerge
          mkOptionDefault
          mkOrder
          mkOverride
          mkRemovedOptionModule
          mkImageMediaOverride
          mkRenamedOptionModule
          mkRenamedOptionModuleWith
          mkVMOverride
          ;
        inherit (namespaces.types)
          isType
          isOptionType
          setType
          mkOptionType
          ;
      }
    )
    [
      # These are not at the top in nixpkgs, or not since NixOS 24.05, and must
      # not come to be used there.
      "codeName"
      "compareVersions"
      "escapeNixString"
      "fromJSON"
      "fromTOML"
      "isConvertibleWithToString"
      "major"
      "majorMinor"
      "minor"
      "oldestSupportedRelease"
      "parseDrvName"
      "release"
      "sanitizeDerivationName"
      "toExtension"
      "toJSON"
      "typeOf"
      "unsafeDiscardStringContext"
      "versionSuffix"
    ]
)
