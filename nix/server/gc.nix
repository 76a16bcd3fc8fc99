# Removes what no machine needs any more.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
in
{
  config = lib.mkIf (cfg.enable && cfg.gc.enable) {
    systemd.services.netimage-gc = {
      description = "Removes what netimage's machines do not need any more";
      after = [ "netimage-deploy.service" ];
      unitConfig.RequiresMountsFor = import ./places.nix cfg.dataDir;
      serviceConfig = import ../hardening.nix // {
        Type = "oneshot";
        ExecStart = lib.concatStringsSep " " [
          "${lib.getExe cfg.package} gc ${cfg.dataDir}"
          "--keep ${toString cfg.keepGenerations} --older-than ${cfg.gc.olderThan}"
        ];
        ReadWritePaths = [ cfg.dataDir ];
        PrivateNetwork = true;
        RestrictAddressFamilies = "none";
        SystemCallFilter = "@system-service";
      };
    };

    systemd.timers.netimage-gc = {
      description = "Removes what netimage's machines do not need any more";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.gc.dates;
        Persistent = true;
      };
    };
  };
}
