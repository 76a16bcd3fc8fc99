# The options of the original module, and what stays as it was there.
{
  lib,
  with',
  ...
}:

let
  # As one wrote it for the module that this one replaces, with its options alone.
  original =
    { config, pkgs, ... }:
    {
      boot.initrd.systemd.enable = false;
      netImage = {
        nfsRoot = "192.0.2.7:/mnt/nfsshare/old";
        nfsOptions = [
          "nolock"
          "rw"
          "vers=3"
          "rsize=131072"
          "wsize=131072"
          "namlen=255"
          "hard"
          "noacl"
          "proto=tcp"
          "timeo=11"
          "retrans=3"
          "sec=sys"
          "mountaddr=192.0.2.7"
          "mountvers=3"
          "mountproto=tcp"
          "local_lock=all"
          "addr=192.0.2.7"
          "noatime"
          "nodiratime"
        ];
        imageBaseName = "old-image";
        storePaths = [ (pkgs.writeText "one-more" "one more\n") ];
        populateFirmwareCommands = ''
          cp ${config.system.build.kernel}/${config.system.boot.loader.kernelFile} kernel.img
          cp ${config.system.build.initialRamdisk}/${config.system.boot.loader.initrdFile} initrd
          cp ${pkgs.raspberrypifw}/share/raspberrypi/boot/{bootcode.bin,start*.elf,fixup*.dat,*.dtb} .
          cp -r ${pkgs.raspberrypifw}/share/raspberrypi/boot/overlays .
          printf '%s\n' 'arm_64bit=1' 'kernel=kernel.img' 'initramfs initrd followkernel' >config.txt
          echo "root=/dev/nfs nfsroot=192.0.2.7:/mnt/nfsshare/old,vers=3 ip=dhcp init=/sbin/init" >cmdline.txt
          echo dot >.dotfile
          mkdir .directory
          echo 'cost: $5 `date`' >.directory/text
        '';
        populateRootCommands = ''
          mkdir -p ./files/sbin ./files/etc
          printf '#!/bin/sh\nexec %s/init\n' ${config.system.build.toplevel} >./files/sbin/init
          chmod +x ./files/sbin/init
          echo '$HOME "quoted" \n' >./files/etc/motd
          echo dot >./files/.dotfile
          echo 'not for the root' >./note
        '';
      };
    };
in
{
  inherit original;
  original-names = {
    imports = [ original ];
    netImage.imageBaseName = lib.mkForce "not this";
    netImage.rootDirectoryName = "old-root";
  };
  # The name that a later version of it had.
  directory-base-name = with' [ { netImage.directoryBaseName = "later"; } ];
  compat = with' [
    {
      netImage.compat = {
        nfsOptions = true;
        registerAtBoot = true;
      };
    }
  ];
  compat-ipv6 = with' [
    {
      netImage.compat.nfsOptions = true;
      netImage.nfs.server = lib.mkForce "[2001:db8::1]";
    }
  ];
  # Commands that name the system, which must not wait for them.
  commands-of-system =
    { config, ... }:
    {
      imports = [ original ];
      boot.initrd.systemd.enable = lib.mkForce true;
      netImage.populateFirmwareCommands = lib.mkAfter ''
        echo "init=${config.system.build.toplevel}/init root=fstab" >cmdline.txt
      '';
    };
  # Of a boot loader that is on, which is looked at only where there are none.
  commands-of-extlinux =
    { config, ... }:
    {
      imports = [ original ];
      boot.loader.generic-extlinux-compatible.enable = true;
      netImage.populateFirmwareCommands = lib.mkAfter ''
        ${config.boot.loader.generic-extlinux-compatible.populateCmd} -c ${config.system.build.toplevel} -d .
      '';
    };
}
