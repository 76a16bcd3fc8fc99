# What a configuration is held to, and what it is warned of. Both speak when
# the toplevel is asked for.
{ lib, ... }:

{
  options = {
    assertions = lib.mkOption {
      type = lib.types.listOf lib.types.unspecified;
      internal = true;
      default = [ ];
      description = "Conditions that must hold, each with a message.";
    };
    warnings = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      internal = true;
      default = [ ];
      description = "Messages to show when the system is built.";
    };
    meta = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      internal = true;
      default = { };
      description = "What modules say of themselves.";
    };
  };
}
