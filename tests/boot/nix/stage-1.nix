# A scripted initrd that boots: the files of the stand-in's, which come of the
# module's options, with a program and a script that act by them. Where the options are
# those of systemd, it may stand in for that, as it boots in a fraction of the time.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.boot.initrd;
  init = pkgs.writeText "stage-1.sh" (
    lib.replaceStrings
      [
        "@kernelModules@"
        "@availableKernelModules@"
        "@preLVMCommands@"
        "@udhcpcArguments@"
      ]
      [
        (toString cfg.kernelModules)
        (toString cfg.availableKernelModules)
        cfg.preLVMCommands
        (lib.escapeShellArgs cfg.network.udhcpc.extraArgs)
      ]
      (builtins.readFile ./stage-1.sh)
  );
  initrd = pkgs.buildPackages.runCommand "initrd" { } ''
    cp -r ${config.system.build.initialRamdiskTree} tree
    chmod -R u+w tree
    mkdir -p tree/{bin,sbin,proc,sys,dev,run,mnt-root,etc}
    cp ${pkgs.busybox}/bin/busybox tree/bin/
    ln -s ../bin/busybox tree/sbin/modprobe
    cp ${init} tree/init
    cp ${./udhcpc.sh} tree/etc/udhcpc.sh
    chmod +x tree/init tree/etc/udhcpc.sh
    ${builtins.readFile "${pkgs.path}/nixos/modules/newc.sh"}
    mkdir $out
    cd tree
    find . ! -name . | LC_ALL=C sort | archive | gzip -1n >$out/initrd
  '';
in
{
  config = lib.mkIf (!config.test.systemdStage1) {
    system.build.initialRamdisk = lib.mkForce initrd;
  };
}
