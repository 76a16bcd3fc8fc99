# Units of systemd, for stage 1 and stage 2 alike, and their text.
{ lib, pkgs }:

let
  inherit (lib) mkOption types;
  free = mkOption {
    type = import ./section-type.nix { inherit lib; };
    default = { };
    description = "A section of the unit.";
  };
  strings = mkOption {
    type = types.listOf types.str;
    default = [ ];
    description = "Names of units.";
  };
  flag =
    default:
    mkOption {
      type = types.bool;
      inherit default;
      description = "A switch.";
    };
  text = mkOption {
    type = types.lines;
    default = "";
    description = "Shell commands.";
  };
  maybe =
    type:
    mkOption {
      type = types.nullOr type;
      default = null;
      description = "A setting.";
    };

  # Lists of units, by the key that they have in the text.
  relations = {
    requires = "Requires";
    wants = "Wants";
    upholds = "Upholds";
    after = "After";
    before = "Before";
    bindsTo = "BindsTo";
    partOf = "PartOf";
    conflicts = "Conflicts";
    requisite = "Requisite";
    onFailure = "OnFailure";
    onSuccess = "OnSuccess";
  };
  scripts = {
    preStart = "ExecStartPre";
    script = "ExecStart";
    postStart = "ExecStartPost";
    reload = "ExecReload";
    preStop = "ExecStop";
    postStop = "ExecStopPost";
  };

  common = {
    enable = flag true;
    overrideStrategy = mkOption {
      type = types.enum [
        "asDropinIfExists"
        "asDropin"
      ];
      default = "asDropinIfExists";
      description = "What becomes of a unit of that name in a package.";
    };
    description = mkOption {
      type = types.singleLineStr;
      default = "";
      description = "The unit's description.";
    };
    documentation = strings;
    requiredBy = strings;
    wantedBy = strings;
    upheldBy = strings;
    aliases = strings;
    unitConfig = free;
    restartTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "What makes the unit restart when it changes.";
    };
    reloadTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
      description = "What makes the unit reload when it changes.";
    };
    startLimitBurst = maybe types.int;
    startLimitIntervalSec = maybe types.int;
  }
  // builtins.mapAttrs (_: _: strings) relations;

  service = {
    serviceConfig = free;
    environment = mkOption {
      type = types.attrsOf (types.nullOr (types.oneOf [
        types.str
        types.path
        types.package
      ]));
      default = { };
      description = "The service's environment.";
    };
    path = mkOption {
      type = types.listOf (types.oneOf [
        types.package
        types.str
      ]);
      default = [ ];
      description = "Packages in the service's PATH.";
    };
    enableStrictShellChecks = flag false;
    restartIfChanged = flag true;
    reloadIfChanged = flag false;
    stopIfChanged = flag true;
    notSocketActivated = flag false;
    startAt = mkOption {
      type = types.coercedTo types.str lib.singleton (types.listOf types.str);
      default = [ ];
      description = "When the service starts.";
    };
    scriptArgs = mkOption {
      type = types.str;
      default = "";
      description = "Arguments of the script.";
    };
  }
  // builtins.mapAttrs (_: _: text) scripts;

  set =
    options:
    mkOption {
      type = types.attrsOf (types.submodule { inherit options; });
      default = { };
      description = "Units by name.";
    };
  sections = import ./unit-text.nix {
    inherit
      lib
      pkgs
      relations
      scripts
      ;
  };
in
sections
// {
  services = set (common // service);
  others = set (
    common
    // {
      socketConfig = free;
      pathConfig = free;
      timerConfig = free;
      sliceConfig = free;
    }
  );
  mounts = mkOption {
    type = types.listOf (
      types.submodule {
        options = common // {
          what = maybe types.str;
          where = mkOption {
            type = types.str;
            description = "Where to mount.";
          };
          type = maybe types.str;
          options = maybe types.str;
          mountConfig = free;
          automountConfig = free;
        };
      }
    );
    default = [ ];
    description = "Mounts.";
  };
  units = mkOption {
    type = types.attrsOf (
      types.submodule {
        options = {
          inherit (common)
            enable
            wantedBy
            requiredBy
            upheldBy
            aliases
            overrideStrategy
            ;
          text = maybe types.str;
        };
      }
    );
    default = { };
    description = "Units as text.";
  };
  network = import ./networkd-options.nix { inherit lib; };
}
