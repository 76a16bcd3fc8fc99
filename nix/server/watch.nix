# Acts at once on what dnsmasq and the machines tell.
{ config, lib, ... }:

let
  cfg = config.services.netimage;
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.netimage-watch = {
      description = "Acts on what netimage's machines tell";
      wantedBy = [ "multi-user.target" ];
      wants = [ "netimage-depot.service" ];
      after = [ "netimage-depot.service" ];
      unitConfig.RequiresMountsFor = import ./places.nix cfg.dataDir;
      serviceConfig = import ../hardening.nix // {
        ExecStart =
          "${lib.getExe cfg.package} watch ${cfg.dataDir}"
          + lib.optionalString cfg.statusPage.enable " --page ${cfg.statusPage.file}";
        Restart = "on-failure";
        RestartSec = "10s";
        ReadWritePaths = [ cfg.dataDir ];
        # Of what machines run it only tells how much room there is, and what they keep is
        # of users that are not known here.
        ReadOnlyPaths = [ "-${cfg.dataDir}/store" ];
        CapabilityBoundingSet = [
          "CAP_DAC_OVERRIDE"
          "CAP_FOWNER"
        ];
        PrivateNetwork = true;
        RestrictAddressFamilies = "none";
        SystemCallFilter = "@system-service";
      };
    };
  };
}
