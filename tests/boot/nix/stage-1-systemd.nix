# A systemd initrd that boots: Debian's systemd and NFS client, with the files of
# the stand-in's that come of the module's options. What NixOS itself would do with
# the options is done here in its way, as told beside it.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.boot.initrd.systemd;
  waitOnline = cfg.network.wait-online;
  modules = "lib/modules/${config.boot.kernelPackages.kernel.modDirVersion}";

  # What mount.nfs reads to know proto=tcp. Debian's are in the way of none: they
  # are there only if the module asks for them.
  asksFor = {
    "etc/protocols" = cfg.contents ? "/etc/protocols";
    "etc/netconfig" = lib.any (path: lib.hasSuffix "/etc/netconfig" "${path.source or path}") cfg.storePaths;
  };
  unasked = lib.attrNames (lib.filterAttrs (_: asked: !asked) asksFor);

  # Debian has mount.nfs; what else is asked for is the module's own.
  helpers = lib.filterAttrs (name: _: name != "mount.nfs") cfg.extraBin;
  # As in NixOS, what is mounted on the root of stage 2 is told apart from the fstab
  # of stage 1.
  sysrootFstab = "SYSTEMD_SYSROOT_FSTAB=/etc/sysroot-fstab";

  initrd = pkgs.buildPackages.runCommand "initrd" { } ''
    cp -r ${pkgs.systemdStage1} tree
    chmod -R u+w tree
    from=${config.system.build.initialRamdiskTree}
    cd tree
    mkdir -p proc sys dev run sysroot tmp var etc/systemd/system
    for name in bin sbin lib; do
      ln -s usr/$name $name
    done
    ln -s usr/lib/systemd/systemd init
    cp ${pkgs.busybox}/bin/busybox bin/
    ln -s busybox bin/sh
    # Of the coreutils that NixOS has there.
    ln -s busybox bin/mkdir

    ${lib.optionalString (!cfg.extraBin ? "mount.nfs") "rm sbin/mount.nfs*"}
    rm -f ${toString unasked}

    cp -r $from/etc/systemd/. etc/systemd/
    # The scripts of services, and their shell.
    cp -r $from/nix .
    chmod -R u+w etc/systemd nix
    cp -r ${builtins.dirOf (builtins.dirOf pkgs.runtimeShell)} nix/store/
    cp -r $from/etc/modules-load.d $from/etc/initrd-release etc/
    cp $from/etc/fstab etc/sysroot-fstab
    mkdir -p etc/systemd/system/initrd-parse-etc.service.d
    printf '[Service]\nEnvironment=${sysrootFstab}\n' \
      >etc/systemd/system/initrd-parse-etc.service.d/fstab.conf
    printf '%s\n' '[Manager]' 'ManagerEnvironment=${sysrootFstab}' \
      ${lib.escapeShellArgs (lib.mapAttrsToList (key: value: "${key}=${value}") cfg.settings.Manager)} \
      >etc/systemd/system.conf
    ${lib.concatStrings (
      lib.mapAttrsToList (name: path: "cp --remove-destination -L ${path} sbin/${name}\n") helpers
    )}

    # The shrunk modules, with an index; one that is not there cannot be loaded.
    cp -r $from/lib/modules usr/lib/
    chmod -R u+w usr/lib/modules
    cp ${config.system.modulesTree}/${modules}/modules.* usr/${modules}/

    printf '%s\n' 'root:x:0:0::/:/bin/sh' 'systemd-network:x:998:998::/:/bin/sh' >etc/passwd
    printf '%s\n' 'root:x:0:' 'systemd-network:x:998:' tty:x:5: >etc/group
    : >etc/machine-id

    # As NixOS does when boot.initrd.systemd.network is enabled.
    mkdir -p etc/systemd/system/{initrd.target.wants,network-online.target.wants,systemd-networkd-wait-online.service.d}
    ${lib.optionalString cfg.network.enable ''
      ln -s /usr/lib/systemd/system/systemd-networkd.service etc/systemd/system/initrd.target.wants/
      ${lib.optionalString waitOnline.enable ''
        ln -s /usr/lib/systemd/system/systemd-networkd-wait-online.service etc/systemd/system/network-online.target.wants/
        printf '[Service]\nExecStart=\nExecStart=/usr/lib/systemd/systemd-networkd-wait-online %s\n' \
          '--timeout=${toString waitOnline.timeout} ${lib.optionalString waitOnline.anyInterface "--any"}' \
          >etc/systemd/system/systemd-networkd-wait-online.service.d/options.conf
      ''}
    ''}

    cp ${./emergency.service} etc/systemd/system/emergency.service

    # As initrd-nixos-activation.service.
    cp ${./activate-root.sh} etc/activate-root
    cp ${./activate-root.service} etc/systemd/system/activate-root.service
    ln -s ../activate-root.service etc/systemd/system/initrd.target.wants/

    ${builtins.readFile "${pkgs.path}/nixos/modules/newc.sh"}
    mkdir $out
    find . ! -name . | LC_ALL=C sort | archive | gzip -1n >$out/initrd
  '';
in
{
  config = lib.mkIf config.test.systemdStage1 {
    system.build.initialRamdisk = lib.mkForce initrd;
  };
}
