# The page of how the machines are, which netimage-watch keeps, and their metrics.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.services.netimage;
  page = cfg.statusPage;
  # Kept by systemd for the service that writes into it.
  directory = "netimage-status";
  collected = "netimage-metrics";
in
{
  options.services.netimage = {
    statusPage = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether a page of how the machines are is kept in `file`.";
      };

      file = mkOption {
        type = types.path;
        readOnly = true;
        default = "/run/${directory}/index.html";
        description = "The page. It is complete in itself, without any script.";
      };

      virtualHost = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "netimage.example.org";
        description = ''
          The name by which nginx serves the page, with `services.nginx` enabled. Set what
          else it is to have, such as `listenAddresses` or `basicAuthFile`, in
          `services.nginx.virtualHosts`. Whoever reaches it sees names and addresses.
        '';
      };
    };

    metrics = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = ''
          Whether metrics of the machines are written every minute for the textfile
          collector of `services.prometheus.exporters.node`, which is given `directory`.
        '';
      };

      directory = mkOption {
        type = types.path;
        readOnly = true;
        default = "/run/${collected}";
        description = "Where they are, in `netimage.prom`.";
      };
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      (lib.mkIf page.enable {
        systemd.services.netimage-watch.serviceConfig = {
          RuntimeDirectory = directory;
          RuntimeDirectoryPreserve = true;
        };
      })
      (lib.mkIf (page.enable && page.virtualHost != null) {
        services.nginx = {
          enable = true;
          virtualHosts.${page.virtualHost}.root = dirOf page.file;
        };
      })
      (lib.mkIf cfg.metrics.enable {
        systemd.services.netimage-metrics = {
          description = "Writes metrics of netimage's machines";
          after = [ "netimage-depot.service" ];
          unitConfig.RequiresMountsFor = import ./places.nix cfg.dataDir;
          serviceConfig = import ../hardening.nix // {
            Type = "oneshot";
            ExecStart = "${lib.getExe cfg.package} status ${cfg.dataDir} --format prometheus --output ${cfg.metrics.directory}/netimage.prom";
            RuntimeDirectory = collected;
            RuntimeDirectoryPreserve = true;
            ReadOnlyPaths = [ cfg.dataDir ];
            CapabilityBoundingSet = "";
            PrivateNetwork = true;
            RestrictAddressFamilies = "none";
            SystemCallFilter = "@system-service";
          };
        };
        systemd.timers.netimage-metrics = {
          wantedBy = [ "timers.target" ];
          timerConfig = {
            OnBootSec = "1min";
            OnUnitActiveSec = "1min";
            AccuracySec = "10s";
          };
        };
        services.prometheus.exporters.node = {
          enabledCollectors = [ "textfile" ];
          extraFlags = [ "--collector.textfile.directory=${cfg.metrics.directory}" ];
        };
      })
    ]
  );
}
