# A small system: an init, a shell, services; every file of it in the store.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (config.boot.kernelPackages) kernel;
  inherit (config.system) boot build;

  path = pkgs.buildPackages.runCommand "system-path" { } ''
    mkdir -p $out/bin
    for package in ${toString config.test.packages}; do
      for program in $package/bin/*; do
        [[ -e $out/bin/''${program##*/} ]] || ln -s $program $out/bin/
      done
    done
  '';

  etc = pkgs.buildPackages.runCommand "etc" { } ''
    mkdir -p $out/etc
    printf 'ID=nixos\nPRETTY_NAME="netimage test"\n' >$out/etc/os-release
    printf 'root:x:0:0::/root:${pkgs.runtimeShell}\nsystemd-network:x:998:998::/:/bin/false\n' >$out/etc/passwd
    printf 'root:x:0:\nsystemd-network:x:998:\n' >$out/etc/group
    ${lib.concatStrings (
      lib.mapAttrsToList (name: text: ''
        mkdir -p "$(dirname $out/etc/${name})"
        cp ${pkgs.writeText (baseNameOf name) text} $out/etc/${name}
      '') config.test.etc
    )}
  '';

  services = lib.mapAttrsToList (
    name: script: "${pkgs.writeShellScriptBin name "set -e\n${script}"}/bin/${name}"
  ) config.test.services;

  toplevel =
    pkgs.buildPackages.runCommand "nixos-system-${config.system.name}-${config.system.nixos.label}"
      {
        bootspec = builtins.toJSON {
          "org.nixos.bootspec.v1" = {
            system = "aarch64-linux";
            label = "netimage test";
            kernel = "${kernel}/${boot.loader.kernelFile}";
            initrd = "${build.initialRamdisk}/${boot.loader.initrdFile}";
            inherit (config.boot) kernelParams;
            init = "@out@/init";
            toplevel = "@out@";
          };
          "org.nixos.specialisation.v1" = { };
        };
        passAsFile = [ "bootspec" ];
      }
      ''
        mkdir -p $out
        substitute() {
          sed -e "s|@out@|$out|g" -e 's|@shell@|${pkgs.runtimeShell}|' "$1" >"$2"
        }
        substitute $bootspecPath $out/boot.json
        substitute ${config.test.init} $out/init
        substitute ${./activate.sh} $out/prepare-root
        cat ${pkgs.writeText "prepare" config.test.prepare} >>$out/prepare-root
        chmod +x $out/init $out/prepare-root
        ln -s ${path} $out/sw
        ln -s ${etc}/etc $out/etc
        ln -s ${kernel}/${boot.loader.kernelFile} $out/kernel
        ln -s ${config.system.modulesTree} $out/kernel-modules
        ln -s ${build.initialRamdisk}/${boot.loader.initrdFile} $out/initrd
        printf %s ${lib.escapeShellArg (toString config.boot.kernelParams)} >$out/kernel-params
        printf %s ${config.system.nixos.label} >$out/nixos-version
        printf %s aarch64-linux >$out/system
        printf '%s\n' ${toString services} >$out/services
        ${config.test.builderCommands}
      '';
in
{
  options.test = {
    services = mkOption {
      type = types.attrsOf types.lines;
      default = { };
      description = "What the system runs, in the order of the names; what fails is reported.";
    };
    packages = mkOption {
      type = types.listOf types.package;
      description = "What is in the PATH of the services; of one name, the first.";
    };
    systemdStage1 = mkOption {
      type = types.bool;
      default = config.boot.initrd.systemd.enable;
      description = "Whether stage 1 is systemd, and not a script that does the same.";
    };
    init = mkOption {
      type = types.path;
      default = ./stage-2.sh;
      description = "The first program of stage 2.";
    };
    prepare = mkOption {
      type = types.lines;
      default = "";
      description = "What is done to a root beside what every system does.";
    };
    builderCommands = mkOption {
      type = types.lines;
      default = "";
      description = "What is put into the system, $out, beside what every one has.";
    };
    etc = mkOption {
      type = types.attrsOf types.lines;
      default = { };
      description = "Files of /etc.";
    };
  };

  config = {
    nixpkgs.hostPlatform = "aarch64-linux";
    networking.hostName = "pi";
    boot.initrd.systemd.enable = lib.mkDefault false;
    # The networks of QEMU's own board, and of its Raspberry Pi.
    boot.initrd.availableKernelModules = [
      "virtio_mmio"
      "virtio_net"
      "dwc2"
      "phy_generic"
      "cdc_ether"
      "rndis_host"
    ];
    # The serial ports of QEMU's own board, and of its Raspberry Pi, which has
    # the other one, too.
    boot.kernelParams = [
      "console=ttyAMA0"
      "console=ttyS1,115200"
    ]
    # That the module has one for the others is what the tests are to see.
    ++ lib.optional (!config.netImage.store.shared) "panic=1";
    netImage = {
      rootDirectoryName = "pi";
      nfs.server = "192.0.2.1";
      nfs.path = "/srv/nfs/pi";
      boards = [
        "rpi3"
        "rpi4"
      ];
    };
    system.build.toplevel = lib.mkForce toplevel;
    test.packages = lib.mkAfter [
      pkgs.busybox
      pkgs.bash
    ];
  };
}
