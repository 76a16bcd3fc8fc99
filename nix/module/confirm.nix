# The machine's word that it is up in its generation, without which its next boot gets
# the last good one; the time that it has for that, and what it does where it cannot come up.
{
  config,
  lib,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.netImage;
  inherit (config.services) openssh;
  target = "boot-complete.target";
  # Both read the command line, and write to what the machine keeps.
  service = {
    unitConfig = {
      DefaultDependencies = false;
      ConditionKernelCommandLine = "netimage.generation";
      RequiresMountsFor = "/persist";
    };
    serviceConfig = import ../hardening.nix // {
      Type = "oneshot";
      CapabilityBoundingSet = "";
      PrivateNetwork = true;
      ProtectProc = "invisible";
      ReadWritePaths = "/persist";
      RestrictAddressFamilies = "none";
      SystemCallFilter = "@system-service";
    };
  };
in
{
  options.netImage.confirm = {
    units = mkOption {
      type = types.listOf (
        types.strMatching ".+[.](service|target|socket|mount|automount|swap|path|timer|device|slice|scope)"
        // {
          description = "name of a unit, like sshd.service";
        }
      );
      default = lib.optional (openssh.enable && !(openssh.startWhenNeeded or false)) "sshd.service";
      defaultText = lib.literalMD "`sshd.service`, if that is on";
      example = [
        "sshd.service"
        "home-assistant.service"
      ];
      description = ''
        Without these units a generation is not good, where the store is shared: they
        are required by `${target}`. That is reached after `multi-user.target`, when all
        that starts with the machine has started or failed, and what others order before
        it. Then the machine tells the depot that it is up.
      '';
    };

    timeLimit = mkOption {
      type = types.nullOr types.str;
      default = "5min";
      example = "15min";
      description = ''
        How long stage 2 may take to `${target}`, where the store is shared
        (systemd.time(7)). Then the machine is restarted, as something hangs that starts
        with it. The depot itself waits for 10 minutes, from the first file that it
        sends. Null for no limit.
      '';
    };

    fallBack = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether a machine restarts by itself, where the store is shared, whose
        `${target}` fails, as one of `netImage.confirm.units` does: once in each
        generation, if it was up in another one last. So a trial ends in the last good
        generation. Otherwise it stays as it is, to be looked at.
      '';
    };
  };

  config = lib.mkIf cfg.store.shared {
    systemd.targets.boot-complete = {
      description = "Boot Completion Check";
      requires = [ "sysinit.target" ] ++ cfg.confirm.units;
      after = [
        "sysinit.target"
        "multi-user.target"
      ]
      ++ cfg.confirm.units;
      unitConfig = lib.mkMerge [
        (lib.mkIf (cfg.confirm.timeLimit != null) {
          JobTimeoutSec = cfg.confirm.timeLimit;
          JobTimeoutAction = "reboot-force";
        })
        (lib.mkIf cfg.confirm.fallBack { OnFailure = "netimage-fall-back.service"; })
      ];
    };

    systemd.services.netimage-confirm = lib.recursiveUpdate service {
      description = "Word to the depot that the machine is up";
      # Wanted by a target that it waits for in the end.
      wantedBy = [ "multi-user.target" ];
      requires = [ target ];
      after = [ target ];
      before = [ "shutdown.target" ];
      conflicts = [ "shutdown.target" ];
      restartIfChanged = false;
      # As often as it takes.
      startLimitIntervalSec = 0;
      script = builtins.readFile ./generation.sh + builtins.readFile ./confirm.sh;
      serviceConfig = {
        RemainAfterExit = true;
        Restart = "on-failure";
        RestartSec = "10s";
      };
    };

    systemd.services.netimage-fall-back = lib.mkIf cfg.confirm.fallBack (
      lib.recursiveUpdate service {
        description = "Restart of a machine that does not come up";
        restartIfChanged = false;
        script = builtins.readFile ./generation.sh + builtins.readFile ./fall-back.sh;
        # It asks systemd for the restart.
        serviceConfig.RestrictAddressFamilies = "AF_UNIX";
      }
    );
  };
}
