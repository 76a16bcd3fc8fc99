# What the machine calls itself to an NFSv4 server: a name of its own, whatever
# its host name is.
{
  config,
  lib,
  options,
  ...
}:

let
  systemd = config.boot.initrd.systemd.enable;
  script = builtins.readFile ./nfs-client.sh;
in
{
  config.boot.initrd = {
    # The parameter is there once it is loaded, and has to be set before a mount
    # has it loaded.
    kernelModules = [ "nfs" ];

    systemd.services.netimage-nfs-client = lib.mkIf systemd {
      description = "Name of the NFS client";
      wantedBy = [ "initrd.target" ];
      # When the module is loaded and a port is there.
      after = [
        "systemd-modules-load.service"
        "systemd-networkd-wait-online.service"
      ];
      # Every NFS mount waits for the second, also where the root is none of them.
      before = [
        "sysroot.mount"
        "network-online.target"
      ];
      unitConfig.DefaultDependencies = false;
      serviceConfig = {
        Type = "oneshot";
        StandardOutput = "journal+console";
      };
      inherit script;
    };
  }
  // lib.optionalAttrs (options.boot.initrd ? preLVMCommands) {
    # Modules are loaded; a port has been waited for (order 400).
    preLVMCommands = lib.mkIf (!systemd) (lib.mkOrder 450 "(\n${script})\n");
  };
}
