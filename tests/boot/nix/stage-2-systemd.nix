# A stage 2 of Debian's systemd, with the module's own units and those of the tests. The
# root gets Debian's programs where these look for each other.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  isOurs = name: lib.any (prefix: lib.hasPrefix prefix name) [
    "boot-complete"
    "netimage-"
    "test-"
  ];
  units = lib.filterAttrs (name: unit: isOurs name && unit.text != null) config.systemd.units;
  # What would ask somebody for something, or lacks its program here.
  masked = [
    "getty.target"
    "ldconfig.service"
    "systemd-logind.service"
    "systemd-pcrmachine.service"
    "systemd-update-utmp.service"
    "systemd-user-sessions.service"
  ];
  links = lib.concatLists (
    lib.mapAttrsToList (
      name: unit:
      map (target: "${target}.wants/${name}") unit.wantedBy
      ++ map (target: "${target}.requires/${name}") unit.requiredBy
    ) units
  );
  helpers = lib.filter (package: lib.hasInfix "mount.netimage" package.name) config.system.fsPackages;
  lines = lib.mapAttrsToList (key: value: "${key}=${toString value}\n");
in
{
  test.init = ./stage-2-systemd.sh;
  test.prepare = ''
    ln -sfn ${pkgs.systemdStage1}/usr /usr
    for directory in bin lib; do
      ln -sfn usr/$directory /$directory
    done
    # mount looks for its helpers here.
    mkdir -p /sbin
    ln -sfn /usr/sbin/* ${lib.concatMapStringsSep " " (helper: "${helper}/bin/*") helpers} /sbin/
    # As in NixOS: this is no first boot, at which systemd would enable units.
    : >>/etc/machine-id
    cd /etc/systemd/system
    for unit in ${toString masked}; do
      ln -sfn /dev/null $unit
    done
    for link in ${toString links}; do
      mkdir -p "''${link%/*}"
      ln -sfn "../''${link##*/}" $link
    done
  '';
  test.etc = {
    fstab = config.environment.etc.fstab.text;
    "systemd/journald.conf" = "[Journal]\nStorage=persistent\n";
    "systemd/system.conf" = ''
      [Manager]
      DefaultEnvironment=PATH=/run/current-system/sw/bin:/usr/bin:/usr/sbin
      ${lib.concatStrings (lines config.systemd.settings.Manager)}'';
  }
  // lib.mapAttrs' (name: unit: lib.nameValuePair "systemd/system/${name}" unit.text) units;
}
