# The depot, made at the first switch, with the machines that are declared.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.netimage;
in
{
  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    fileSystems = lib.mkIf (cfg.persistFileSystem != null) {
      "${cfg.dataDir}/persist" = cfg.persistFileSystem;
    };

    systemd.tmpfiles.rules = [ "d ${cfg.dataDir} 0755 root root" ];

    systemd.services.netimage-depot = {
      description = "The depot of netimage, with its machines";
      wantedBy = [ "multi-user.target" ];
      unitConfig.RequiresMountsFor = import ./places.nix cfg.dataDir;
      # Makes the machines' host keys.
      path = [
        cfg.package
        pkgs.openssh
      ];
      environment = {
        DEPOT = cfg.dataDir;
        ADDRESS = toString cfg.address;
        MACHINES = "${cfg.declaration}";
      };
      script = builtins.readFile ./depot.sh;
      serviceConfig = import ../hardening.nix // {
        Type = "oneshot";
        RemainAfterExit = true;
        PrivateNetwork = true;
        RestrictAddressFamilies = "AF_UNIX";
        ReadWritePaths = [ cfg.dataDir ];
      };
    };
  };
}
