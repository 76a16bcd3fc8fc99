# The store of a root that came without a Nix database, registered at first boot.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.netImage;
  registration = "/nix-path-registration";
in
{
  config = lib.mkIf (!cfg.nixDatabase) {
    systemd.services.netimage-register = {
      description = "Register the store of the network root with Nix";
      unitConfig = {
        DefaultDependencies = false;
        ConditionPathExists = registration;
        RequiresMountsFor = "/nix/store /nix/var/nix";
      };
      wantedBy = [ "sysinit.target" ];
      # Nothing may use or collect the store before it is known.
      before = [
        "sysinit.target"
        "shutdown.target"
        "nix-daemon.socket"
        "nix-daemon.service"
        "nix-gc.service"
        "nix-optimise.service"
      ];
      after = [ "local-fs.target" ];
      conflicts = [ "shutdown.target" ];
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      # Each step may be done again; the file goes last, so that whatever was
      # interrupted is done again at the next boot.
      script = ''
        ${config.nix.package.out}/bin/nix-store --load-db < ${registration}
        ${config.nix.package.out}/bin/nix-env --profile /nix/var/nix/profiles/system \
          --set "$(readlink --canonicalize /run/current-system)"
        touch /etc/NIXOS
        sync
        rm ${registration}
      '';
    };
  };
}
