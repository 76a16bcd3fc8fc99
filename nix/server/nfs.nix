# The kernel's NFS server. What it exports hangs on what was deployed, and is therefore
# no part of the configuration but a link in /etc/exports.d.
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
    # Remembers its clients by nfsdcld, which nfs-server.service wants.
    services.nfs.server.enable = true;

    # Under a write delegation, a machine that links a file which it has open waits for
    # ever.
    boot.kernel.sysctl."fs.leases-enable" = lib.mkDefault 0;

    environment.etc."exports.d/netimage.exports".source = "/run/netimage/exports";

    systemd.services.netimage-exports = {
      description = "Tells the NFS server of netimage's machines";
      wantedBy = [
        "multi-user.target"
        "nfs-server.service"
      ];
      before = [ "nfs-server.service" ];
      wants = [ "netimage-depot.service" ];
      after = [ "netimage-depot.service" ];
      # A machine may have another address, or be gone.
      restartTriggers = [ cfg.declaration ];
      unitConfig.RequiresMountsFor = import ./places.nix cfg.dataDir;
      path = [
        cfg.package
        pkgs.nfs-utils
        config.systemd.package
      ];
      environment.DEPOT = cfg.dataDir;
      script = builtins.readFile ./exports.sh;
      serviceConfig = import ../hardening.nix // {
        Type = "oneshot";
        RemainAfterExit = true;
        RuntimeDirectory = "netimage";
        # nfs-mountd reads it at any time.
        RuntimeDirectoryPreserve = true;
        # exportfs notes what is exported, and lets the kernel ask for it again.
        ReadWritePaths = [ "-/var/lib/nfs" ];
        ProtectKernelTunables = false;
      };
    };
  };
}
