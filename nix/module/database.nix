# Nix's database where the store is shared: of the depot, on the command line, and
# copied into memory, as a machine may write to its own.
{
  config,
  lib,
  ...
}:

let
  inherit (config.netImage) store;
  directory = "/nix/var/nix/db";
in
{
  config = lib.mkIf (store.shared && config.nix.enable) {
    # What Nix would hold free for collecting garbage, in memory here.
    nix.settings.gc-reserved-space = lib.mkDefault 0;

    systemd.services.netimage-database = {
      description = "Nix database of the shared store";
      unitConfig = {
        DefaultDependencies = false;
        ConditionKernelCommandLine = "netimage.database";
        ConditionPathExists = "!${directory}/db.sqlite";
        RequiresMountsFor = "/nix/store ${directory}";
      };
      wantedBy = [ "sysinit.target" ];
      before = [
        "sysinit.target"
        "shutdown.target"
        "nix-daemon.socket"
        "nix-daemon.service"
      ];
      conflicts = [ "shutdown.target" ];
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      script = builtins.readFile ./database.sh;
    };
  };
}
