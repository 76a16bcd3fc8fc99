# DHCP and TFTP, by a dnsmasq of our own: one that serves names may run beside it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.netimage;
  depot = cfg.dataDir;
  program = lib.getExe cfg.package;

  # Outside of the sandbox, as the machines themselves are not seen in it.
  configure = pkgs.writeShellScript "netimage-dnsmasq-configure" ''
    exec ${
      lib.escapeShellArgs (
        [
          program
          "server-config"
          depot
          "--for"
          "dnsmasq"
          "--interface"
          cfg.interface
          "--dhcp"
          cfg.dhcp.mode
        ]
        ++ lib.optionals (cfg.dhcp.mode == "server") (
          lib.optionals (cfg.gateway != null) [
            "--gateway"
            cfg.gateway
          ]
          ++ lib.concatMap (one: [
            "--nameserver"
            one
          ]) cfg.nameservers
        )
        ++ lib.optionals (cfg.dhcp.range != null) [
          "--range"
          cfg.dhcp.range
        ]
      )
    } >"$RUNTIME_DIRECTORY/dnsmasq.conf"
  '';

  # In the place of the depot's own, whose program a later garbage collection removes.
  hook = pkgs.writeShellScript "netimage-hook" ''
    exec ${program} hook ${depot} "$@"
  '';
in
{
  config = lib.mkIf cfg.enable {
    users.users.netimage = {
      isSystemUser = true;
      group = "netimage";
      description = "Serves what machines boot";
    };
    users.groups.netimage = { };

    systemd.services.netimage-dnsmasq = {
      description = "DHCP and TFTP for netimage's machines";
      wantedBy = [ "multi-user.target" ];
      wants = [
        "network-online.target"
        "netimage-depot.service"
      ];
      after = [
        "network-online.target"
        "netimage-depot.service"
      ];
      # dnsmasq reads which machines there are when it starts.
      restartTriggers = [ cfg.declaration ];
      unitConfig.RequiresMountsFor = [ depot ];
      serviceConfig = import ../hardening.nix // {
        ExecStartPre = "+${configure}";
        ExecStart = lib.concatStringsSep " " [
          (lib.getExe' pkgs.dnsmasq "dnsmasq")
          "--keep-in-foreground"
          "--conf-file=/run/netimage-dnsmasq/dnsmasq.conf"
          "--dhcp-leasefile=/var/lib/netimage-dnsmasq/leases"
          "--pid-file"
          "--user=netimage"
          "--group=netimage"
        ];
        Restart = "on-failure";
        RestartSec = "10s";
        RuntimeDirectory = "netimage-dnsmasq";
        StateDirectory = "netimage-dnsmasq";

        # Of the depot it sees what it serves, and the hook what it needs to note that.
        TemporaryFileSystem = [ "${depot}:ro" ];
        BindReadOnlyPaths = [
          "${depot}/tftp"
          "${depot}/depot.json"
          "${hook}:${depot}/hook"
        ];
        BindPaths = [ "${depot}/spool" ];

        # It becomes another user, but for the hook.
        CapabilityBoundingSet = [
          "CAP_CHOWN"
          "CAP_NET_ADMIN"
          "CAP_NET_BIND_SERVICE"
          "CAP_NET_RAW"
          "CAP_SETGID"
          "CAP_SETUID"
        ];
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
          "AF_PACKET"
          "AF_UNIX"
        ];
        SystemCallFilter = "@system-service";
      };
    };
  };
}
