# Modules that lead from an old option to what took its place.
{ lib }:

let
  # The definitions of one option, priorities included, as those of another.
  forward =
    {
      from,
      to,
      visible,
      # What `from` reads as, and whether setting it warns.
      read ? lib.id,
      warn,
      change ? null,
    }:
    { config, options, ... }:
    let
      old = lib.getAttrFromPath from options;
      target = lib.attrByPath to { } options;
    in
    {
      options = lib.setAttrByPath from (
        lib.mkOption (
          {
            inherit visible;
            description = "Alias of {option}`${lib.showOption to}`.";
            apply = _: read (lib.getAttrFromPath to config);
          }
          // lib.optionalAttrs (target ? type && change == null) { inherit (target) type; }
        )
      );
      config = lib.mkMerge (
        [
          (lib.setAttrByPath to (
            lib.mkIf old.isDefined (
              lib.mkMerge (
                map (lib.mkOverride old.highestPrio) (
                  if change == null then
                    map (
                      def: if def ? priority then lib.mkOrder def.priority def.value else def.value
                    ) old.definitionsWithLocations
                  else
                    [ (change config) ]
                )
              )
            )
          ))
        ]
        ++ lib.optional (warn && options ? warnings) {
          warnings = lib.optional old.isDefined "The option `${lib.showOption from}' defined in ${lib.showFiles old.files} has been renamed to `${lib.showOption to}'.";
        }
      );
    };
in
rec {
  mkRenamedOptionModule =
    from: to:
    forward {
      inherit from to;
      visible = false;
      warn = true;
    };
  mkRenamedOptionModuleWith =
    {
      from,
      to,
      sinceRelease,
    }:
    forward {
      inherit from to;
      visible = false;
      warn = lib.trivial.oldestSupportedRelease >= sinceRelease;
    };
  mkAliasOptionModule =
    from: to:
    forward {
      inherit from to;
      visible = true;
      warn = false;
    };
  mkAliasOptionModuleMD = mkAliasOptionModule;

  mkChangedOptionModule =
    from: to: change:
    forward {
      inherit from to change;
      visible = false;
      warn = true;
    };

  mkRemovedOptionModule =
    path: reason:
    { options, ... }:
    let
      old = lib.getAttrFromPath path options;
    in
    {
      options = lib.setAttrByPath path (
        lib.mkOption {
          visible = false;
          apply = _: throw "The option `${lib.showOption path}' can no longer be used since it's been removed. ${reason}";
        }
      );
      config.assertions = [
        {
          assertion = !old.isDefined;
          message = "The option definition `${lib.showOption path}' in ${lib.showFiles old.files} no longer has any effect; please remove it.\n${reason}";
        }
      ];
    };
}
