# Units and networks of stage 2, as the files in /etc.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  unitText = import ./unit-text.nix {
    inherit lib pkgs;
    relations = { };
    scripts = { };
  };
in
{
  config.environment.etc =
    lib.mapAttrs' (
      name: unit: lib.nameValuePair "systemd/system/${name}" { inherit (unit) text; }
    ) (lib.filterAttrs (_: unit: unit.enable && unit.text != null) config.systemd.units)
    // lib.optionalAttrs config.systemd.network.enable (
      lib.mapAttrs' (name: text: lib.nameValuePair "systemd/network/${name}" { inherit text; }) (
        unitText.toNetworks config.systemd.network.networks
      )
    );
}
