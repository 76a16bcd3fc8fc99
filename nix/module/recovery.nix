# What makes a machine that hangs boot again: on a generation's only try, into the last
# good one.
{
  config,
  lib,
  options,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.netImage;
  inherit (cfg) recovery;
  stage1 = options.boot.initrd.systemd;
  ifShared = value: if cfg.store.shared then value else null;
  systemd = config.boot.initrd.systemd.enable;
in
{
  options.netImage.recovery = {
    panic = mkOption {
      type = types.nullOr types.ints.positive;
      default = ifShared 10;
      defaultText = literalExpression "if store.shared then 10 else null";
      description = ''
        After how many seconds a machine restarts whose kernel panics. What fails in
        systemd's stage 1, as when the server does not answer, then counts as a panic,
        too, and stage 2 goes on without the file systems that fail. Null to leave all
        that as it is, for somebody to look at.
      '';
    };

    watchdog = mkOption {
      type = types.nullOr types.str;
      default = ifShared "15s";
      defaultText = literalExpression ''if store.shared then "15s" else null'';
      description = ''
        How long systemd may be silent before the board's own watchdog restarts the
        machine, from stage 1 on. The driver of most kernels takes no more than 15
        seconds. systemd can be silent while the NFS server is away, and the machine is
        restarted then. Null for no watchdog.
      '';
    };
  };

  config = lib.mkMerge [
    (lib.mkIf (recovery.panic != null) {
      boot.kernelParams = [
        "panic=${toString recovery.panic}"
      ]
      ++ lib.optional systemd "boot.panic_on_fail";
      # Nobody is there to type into it, and it waits for ever.
      systemd.enableEmergencyMode = lib.mkDefault false;
    })
    (lib.mkIf (recovery.watchdog != null) (
      lib.mkMerge [
        { boot.initrd.kernelModules = [ "bcm2835_wdt" ]; }
        (
          if options.systemd ? settings then
            { systemd.settings.Manager.RuntimeWatchdogSec = lib.mkDefault recovery.watchdog; }
          else
            { systemd.watchdog.runtimeTime = lib.mkDefault recovery.watchdog; }
        )
        (
          if stage1 ? settings then
            { boot.initrd.systemd.settings.Manager.RuntimeWatchdogSec = lib.mkDefault recovery.watchdog; }
          else
            { boot.initrd.systemd.extraConfig = "RuntimeWatchdogSec=${recovery.watchdog}"; }
        )
      ]
    ))
  ];
}
