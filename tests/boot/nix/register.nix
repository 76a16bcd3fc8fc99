# A root without a Nix database: the very script of the module's unit, under the
# unit's own condition.
{ config, ... }:

let
  unit = config.systemd.services.netimage-register;
in
{
  netImage.nixDatabase = false;
  test.services."15-register" = ''
    if [[ ! -e ${unit.unitConfig.ConditionPathExists} ]]; then
      echo 'nothing to register'
      exit
    fi
    ${unit.script}
    [[ ! -e ${unit.unitConfig.ConditionPathExists} ]]
    [[ -e /etc/NIXOS ]]
    echo registered
  '';
}
