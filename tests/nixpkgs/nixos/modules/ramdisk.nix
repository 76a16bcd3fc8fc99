# The initrd: a real archive of the files that matter to a boot over NFS. The
# tree that it is made of can be had too, as system.build.initialRamdiskTree.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.boot.initrd;
  inherit (config.boot.kernelPackages) kernel;
  inherit (config.system.build) fileSystemsForBoot;
  unitText = import ./unit-text.nix {
    inherit lib pkgs;
    relations = { };
    scripts = { };
  };

  # Fails as the real one does when the kernel has no module of a name.
  modulesClosure = pkgs.buildPackages.runCommand "linux-${kernel.modDirVersion}-modules-shrunk" {
    modules = lib.unique (cfg.availableKernelModules ++ cfg.kernelModules);
    missingIsFine = cfg.allowMissingModules;
  } (builtins.readFile ./modules-closure.sh + ''
    shrink ${config.system.modulesTree}/lib/modules/${kernel.modDirVersion} \
      $out/lib/modules/${kernel.modDirVersion}
  '');

  text = lib.mapAttrs (name: lines: pkgs.writeText (baseNameOf name) lines);
  common = {
    "etc/fstab" = pkgs.writeText "initrd-fstab" config.system.build.initrdFstab;
    "etc/modules-load.d/nixos.conf" = pkgs.writeText "nixos.conf" (lib.concatLines cfg.kernelModules);
  };

  systemd = {
    "etc/initrd-release" = pkgs.writeText "initrd-release" "ID=nixos\nPRETTY_NAME=stand-in\n";
    "init" = pkgs.writeText "init" "stands in for ${cfg.systemd.package}/lib/systemd/systemd\n";
    "etc/stand-in/store-paths" = pkgs.writeText "store-paths" (
      lib.concatLines (map (p: "${p.source or p}") cfg.systemd.storePaths)
    );
    "etc/stand-in/bin" = pkgs.writeText "bin" (
      lib.concatLines (map toString cfg.systemd.initrdBin)
      + lib.concatLines (lib.mapAttrsToList (name: path: "${name} ${path}") cfg.systemd.extraBin)
    );
  }
  // lib.mapAttrs' (
    name: _: lib.nameValuePair "bin/${name}" (pkgs.writeText name "stands in for ${name}\n")
  ) cfg.systemd.extraBin
  // text (
    lib.mapAttrs' (name: unit: lib.nameValuePair "etc/systemd/system/${name}" unit.text) (
      lib.filterAttrs (_: unit: unit.enable && unit.text != null) cfg.systemd.units
    )
    // lib.optionalAttrs cfg.systemd.network.enable (
      lib.mapAttrs' (
        name: file: lib.nameValuePair "etc/systemd/network/${name}" file
      ) (unitText.toNetworks cfg.systemd.network.networks)
    )
  )
  // lib.mapAttrs' (_: file: lib.nameValuePair (lib.removePrefix "/" file.target) file.source) (
    lib.filterAttrs (_: file: file.enable) cfg.systemd.contents
  );

  scripted = {
    "init" = pkgs.writeText "stage-1-init.sh" ''
      #! /bin/ash
      targetRoot=/mnt-root
      # Stands in for the scripted stage 1; what the real one would do, in its order.
      modules: ${toString cfg.kernelModules}
      ${cfg.preDeviceCommands}
      ${lib.optionalString cfg.network.udhcpc.enable "udhcpc ${toString cfg.network.udhcpc.extraArgs}"}
      ${lib.optionalString cfg.network.enable cfg.network.postCommands}
      ${cfg.preLVMCommands}
      ${cfg.postDeviceCommands}
      ${cfg.postResumeCommands}
      ${lib.concatMapStringsSep "\n" (
        fs: "mount -t ${fs.fsType} -o ${lib.concatStringsSep "," fs.options} ${toString fs.device} ${fs.mountPoint}"
      ) fileSystemsForBoot}
      ${cfg.postMountCommands}
      ${lib.optionalString (
        cfg.network.enable && cfg.network.flushBeforeStage2
      ) "ip link down, ip addr flush"}
    '';
    "etc/stand-in/extra-utils-commands" = pkgs.writeText "extra-utils-commands" cfg.extraUtilsCommands;
  };

  files = common // (if cfg.systemd.enable then systemd else scripted);

  # What starts the units, as links, and the scripts of services.
  wants = lib.concatLists (
    lib.mapAttrsToList (
      name: unit:
      map (other: "etc/systemd/system/${other}.wants/${name}") unit.wantedBy
      ++ map (other: "etc/systemd/system/${other}.requires/${name}") unit.requiredBy
    ) (lib.filterAttrs (_: unit: unit.enable) cfg.systemd.units)
  );

  tree = pkgs.buildPackages.runCommand "initrd-tree" { passthru = { inherit files; }; } ''
    mkdir -p $out/lib
    ${lib.concatStrings (
      lib.mapAttrsToList (target: source: ''
        mkdir -p "$(dirname "$out/${target}")"
        cp -rL ${source} "$out/${target}"
      '') files
    )}
    cp -r ${modulesClosure}/lib/modules $out/lib/
    chmod -R u+w $out

    # The headers of a program for 64-bit ARM, as a kernel would start it.
    program() {
      printf '\177ELF\2\1\1' && printf '\0%.0s' {1..9}
      printf '\2\0\267\0\1\0\0\0' && printf '\170\0\100\0\0\0\0\0\100\0\0\0\0\0\0\0'
      printf '\0%.0s' {1..12} && printf '\100\0\70\0\1\0\0\0\0\0\0\0'
      printf '\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0'
      printf '\0\0\100\0\0\0\0\0%.0s' 1 2 && printf '\170\0\0\0\0\0\0\0%.0s' 1 2
      printf '\0\20\0\0\0\0\0\0'
    }
    ${
      if cfg.systemd.enable then
        ''
          { program && cat ${files.init}; } >$out/init
          for link in ${toString wants}; do
            mkdir -p "$out/''${link%/*}"
            ln -s "../''${link##*/}" "$out/$link"
          done
          for script in $(sed -n 's|^Exec[A-Z][a-z]*=\(/nix/store/[^ ]*\).*|\1|p' $out/etc/systemd/system/*.service); do
            mkdir -p $out/nix/store
            cp $script $out/nix/store/
          done
        ''
      else
        ''
          mkdir -p $out/bin
          program >$out/bin/ash
        ''
    }
    chmod +x $out/init
    [[ ! -d $out/bin ]] || chmod +x $out/bin/*
  '';
in
{
  config = lib.mkIf cfg.enable {
    system.build = {
      inherit modulesClosure;
      initialRamdiskTree = tree;
      initialRamdisk = pkgs.buildPackages.runCommand "initrd-linux-${kernel.modDirVersion}" { } (
        builtins.readFile ./newc.sh
        + ''
          mkdir -p $out
          cd ${tree}
          find . ! -name . | LC_ALL=C sort | archive | gzip -9n >$out/initrd
        ''
      );
    };
  };
}
