# The names of what does not hold of a configuration. Only what NixOS 24.05 and
# every later release has is looked at.
{ lib }:

configuration:

let
  inherit (configuration) config;
  inherit (config) netImage;
  inherit (config.boot) initrd;
  loader = config.boot.loader.netimage;
  inherit (config.system.build.netImage) spec;
  # The stand-in does not compute everything that NixOS does.
  real = !lib.hasInfix "stand-in" config.system.nixos.version;
  systemd = initrd.systemd.enable;
  # What holds the store.
  root =
    config.fileSystems."/nix/store" or config.fileSystems."/nix" or config.fileSystems."/";
  inherit (netImage.store) shared;
  isEarly = place: lib.elem "x-initrd.mount" config.fileSystems.${place}.options;
  # Lists once, sets of booleans later.
  names = list: if lib.isList list then list else lib.attrNames (lib.filterAttrs (_: on: on) list);
  modules = names initrd.availableKernelModules ++ names initrd.kernelModules;
  ownOptions = lib.subtractLists [ "x-initrd.mount" ] root.options;
  starting = prefix: lib.filter (lib.hasPrefix prefix);
  commandLine = config.boot.kernelParams ++ spec.commandLine or [ ];
  imageCommandLine = spec.commandLine or null;
  vendor =
    lib.hasPrefix "bcm27" config.boot.kernelPackages.kernel.configfile.kernelBaseConfig
    || lib.any (mark: lib.hasInfix mark config.boot.kernelPackages.kernel.name) [
      "rpi"
      "rpt"
      "stable_"
    ];
  drivers = {
    rpi3 = [ "smsc95xx" ];
    rpi3-plus = [ "lan78xx" ];
    rpi-zero2w = [ "r8152" ];
    rpi4 = [ "genet" ];
    rpi400 = [ "genet" ];
    cm4 = [ "genet" ];
    rpi5 = [ "macb" ];
    rpi500 = [ "macb" ];
    cm5 = [ "macb" ];
  };
  keeps =
    network:
    lib.elem (network.networkConfig.KeepConfiguration or null) [
      "yes"
      "static"
      true
    ];
  # The networks that may carry the root, and only they, keep their addresses.
  elsewhere = [
    "wl"
    "lo"
    "dummy"
  ]
  ++ lib.optional (!config.networking.usePredictableInterfaceNames) "en";
  cannotCarry =
    network:
    network.matchConfig ? WLANInterfaceType
    || lib.all (name: lib.any (prefix: lib.hasPrefix prefix name) elsewhere) (
      lib.splitString " " (toString (network.matchConfig.Name or network.name or null))
    );
  keepsRight = network: keeps network == !cannotCarry network;
  unit = name: config.systemd.services.${name} or null;
  staysUp = name: !(unit name).restartIfChanged;

  claims = {
    "no assertion fails" = lib.all (one: one.assertion) (
      config.assertions ++ netImage.assertions
    );
    "warnings are of what is unusual" =
      lib.any (lib.hasInfix "Delete that from boot.kernelParams") netImage.warnings
      == lib.elem "ip=dhcp" config.boot.kernelParams;
    "the root is on NFS" =
      root.fsType == "nfs"
      && netImage.nfsRoot == "${netImage.nfs.server}:${netImage.nfs.path}"
      && (
        root.device == netImage.nfsRoot
        || lib.hasPrefix "/nix" root.mountPoint && root.device == "${netImage.nfsRoot}${root.mountPoint}"
      );
    "/boot/firmware is on the same export" =
      let
        firmware = config.fileSystems."/boot/firmware";
      in
      shared
      || firmware.fsType == "nfs"
      && firmware.device == "${netImage.nfsRoot}/boot/firmware"
      && lib.subtractLists [ "x-initrd.mount" ] firmware.options == ownOptions;
    "mount options are a list" =
      lib.isList root.options && lib.all (option: !lib.hasInfix "," option) root.options;
    "one version" =
      lib.length (starting "vers=" root.options ++ starting "nfsvers=" root.options) == 1
      && spec.nfs.version == netImage.nfs.version;
    "the version is the one that is mounted" = lib.elem "vers=${spec.nfs.version}" root.options;
    "the address is numeric" =
      lib.length (starting "addr=" root.options) <= 1
      && (systemd || starting "addr=" root.options != [ ]);
    "version 3 needs no lock daemon" = spec.nfs.version == "3" -> lib.elem "nolock" root.options;
    "version 3 has its mount server's address" =
      spec.nfs.version == "3" && !systemd -> starting "mountaddr=" root.options != [ ];
    "the image's spec says the same" = lib.all (option: lib.elem option root.options) spec.nfs.options;
    "the NFS client is in the initrd" =
      lib.elem "nfs" modules && lib.elem (if spec.nfs.version == "3" then "nfsv3" else "nfsv4") modules;
    "the NFS client is named before it mounts" =
      if systemd then
        lib.elem "network-online.target" initrd.systemd.services.netimage-nfs-client.before
        && lib.hasInfix "nfs4_unique_id" initrd.systemd.services.netimage-nfs-client.script
      else
        lib.hasInfix "nfs4_unique_id" initrd.preLVMCommands;
    "the boards' drivers are in the initrd" =
      vendor
      || lib.all (board: lib.all (driver: lib.elem driver modules) drivers.${board}) netImage.boards;
    "a vendor kernel is asked for none" = vendor -> !lib.elem "genet" modules;
    "the initrd has a network" = initrd.network.enable && !(initrd.network.flushBeforeStage2 or false);
    "stage 1 can make what is on its ports" =
      systemd
      -> lib.all (
        netdev:
        lib.elem
          {
            bond = "bonding";
            bridge = "bridge";
            vlan = "8021q";
          }
          .${netdev.netdevConfig.Kind}
          modules
      ) (lib.attrValues initrd.systemd.network.netdevs);
    "scripted stage 1 asks for an address" = !systemd -> initrd.network.udhcpc.enable;
    "systemd stage 1 has a helper" = systemd -> initrd.systemd.extraBin ? "mount.nfs";
    "systemd stage 1 has a network" =
      systemd
      -> lib.any (network: network.matchConfig != { }) (lib.attrValues initrd.systemd.network.networks);
    "stage 1 keeps its addresses" =
      systemd -> lib.all keepsRight (lib.attrValues initrd.systemd.network.networks);
    "stage 2 keeps its addresses" =
      config.systemd.network.enable -> lib.all keepsRight (lib.attrValues config.systemd.network.networks);
    "something runs the network in stage 2" =
      config.systemd.network.enable
      || config.networking.networkmanager.enable
      || config.networking.dhcpcd.enable;
    "networkd has a network in stage 2" =
      real && config.networking.useNetworkd -> config.systemd.network.networks != { };
    "networkd is not restarted" = config.systemd.network.enable -> staysUp "systemd-networkd";
    "NetworkManager is not restarted" =
      config.networking.networkmanager.enable -> staysUp "NetworkManager";
    "dhcpcd is not restarted" =
      unit "dhcpcd" != null -> staysUp "dhcpcd" && config.networking.dhcpcd.persistent;
    "no unit is made up" =
      (real && unit "dhcpcd" != null -> (unit "dhcpcd").serviceConfig != { })
      && (unit "NetworkManager" != null -> config.networking.networkmanager.enable);
    "interfaces keep their names" =
      config.networking.usePredictableInterfaceNames || lib.elem "net.ifnames=0" config.boot.kernelParams;
    "a vendor kernel is asked for no TPM" =
      vendor -> lib.intersectLists modules [ "tpm-tis" "tpm-crb" ] == [ ];
    "no other boot loader installs itself" =
      netImage.firmware.enable
      ->
        !config.boot.loader.grub.enable
        && !config.boot.loader.systemd-boot.enable
        && !config.boot.loader.generic-extlinux-compatible.enable;
    "nixos-rebuild decides what boots, or says that it does not" =
      lib.hasInfix (
        if loader.enable then
          "-netimage-loader"
        else if config.boot.loader.generic-extlinux-compatible.enable then
          "-extlinux-conf-builder.sh"
        else
          "-netimage-no-loader"
      ) "${config.system.build.installBootLoader}";
    "a system has its boot files" =
      loader.enable == lib.hasInfix "-netimage-boot $out/netimage" config.system.systemBuilderCommands;
    "a generation has the image's command line" =
      imageCommandLine != null -> netImage.commandLine == imageCommandLine;
    "systemd stage 1 finds the root in its fstab" =
      systemd -> starting "root=" config.boot.kernelParams == [ "root=fstab" ];
    "one root on the command line" =
      imageCommandLine != null -> lib.length (starting "root=" imageCommandLine) == 1;
    "the image finds init itself" =
      imageCommandLine != null -> starting "init=" imageCommandLine == [ ] && spec ? toplevel;
    "root= and nfsroot= are not mixed" = starting "nfsroot=" commandLine == [ ];
    "nothing left of debugging" =
      lib.intersectLists [ "systemd.debug_shell=1" "systemd.debug_shell" "debug" "nomodeset" "ro" ]
        commandLine == [ ]
      && lib.elem initrd.systemd.emergencyAccess [
        false
        null
      ];
    "a lock that was left behind goes at boot" = lib.elem "R! /nix/var/nix/db/db.sqlite.lock" config.systemd.tmpfiles.rules;
    "mount.nfs knows its protocols" =
      systemd
      ->
        initrd.systemd.contents ? "/etc/protocols"
        && lib.any (path: lib.hasSuffix "/etc/netconfig" "${path.source or path}") initrd.systemd.storePaths;
    "SQLite uses no write-ahead log" = config.nix.settings.use-sqlite-wal == false;
    "the root is left at shutdown" = config.systemd.shutdownRamfs.enable;
    "the closure has the system" = lib.elem config.system.build.toplevel netImage.storePaths;
    "the store is registered once" =
      (config.systemd.services ? netimage-register) == !netImage.nixDatabase;
    "the image is of the kind that the system is" = (spec.rootKind or "own" == "shared") == shared;
    "a shared store is read-only" =
      shared -> lib.elem "ro" root.options && root.mountPoint == "/nix/store";
    "a shared store has its database" = (unit "netimage-database" != null) == shared;
    "what is kept is there before the system is activated" =
      shared
      ->
        lib.all isEarly ([ "/persist" ] ++ netImage.persist.directories)
        && initrd.systemd.extraBin ? "mount.netimage";
    "the machine tells that it is up" =
      (unit "netimage-confirm" != null) == shared
      && (shared -> lib.elem "multi-user.target" config.systemd.targets.boot-complete.after);
    "a machine that cannot come up boots again" =
      (unit "netimage-fall-back" != null) == (shared && netImage.confirm.fallBack);
    "a machine that hangs boots again" =
      shared
      ->
        (starting "panic=" config.boot.kernelParams != [ ]) == (netImage.recovery.panic != null)
        && lib.elem "bcm2835_wdt" modules == (netImage.recovery.watchdog != null);
    "the machine has the name of its command line" =
      shared -> config.networking.hostName == "" && !(config.environment.etc ? hostname);
  };
in
lib.attrNames (lib.filterAttrs (_: holds: !holds) claims)
