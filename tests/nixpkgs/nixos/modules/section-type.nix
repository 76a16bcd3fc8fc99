# A section of a unit or of a file of networkd.
#
# Like checkUnitConfig in nixos/lib/systemd-lib.nix, which looks below one
# condition or priority: a condition around a priority is taken for a value.
{ lib }:

lib.types.addCheck (lib.types.attrsOf lib.types.anything) (
  settings:
  lib.all (
    given:
    let
      setting =
        if
          lib.elem given._type or null [
            "if"
            "override"
          ]
        then
          given.content
        else
          given;
    in
    !lib.isAttrs setting
  ) (lib.attrValues settings)
)
