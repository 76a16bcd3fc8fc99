# The system: the files of the real one, with references where it has them.
#
# It is for the target but made by the build platform's programs, so that it
# can be built for aarch64 where no aarch64 is.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (config.boot.kernelPackages) kernel;
  inherit (config.system.build) initialRamdisk etc;
  kernelPath = "${kernel}/${config.system.boot.loader.kernelFile}";
  initrdPath = "${initialRamdisk}/${config.system.boot.loader.initrdFile}";
  label = "${config.system.nixos.distroName} ${config.system.nixos.codeName} ${config.system.nixos.label} (Linux ${kernel.modDirVersion})";

  # Valid before the toplevel exists: its own paths are put in by sed.
  bootspec = pkgs.writeText "boot.json" (
    builtins.toJSON (
      {
        "org.nixos.bootspec.v1" = {
          inherit (pkgs.stdenv.hostPlatform) system;
          inherit label;
          kernel = kernelPath;
          kernelParams = config.boot.kernelParams;
          init = "@out@/init";
          toplevel = "@out@";
        }
        // lib.optionalAttrs config.boot.initrd.enable { initrd = initrdPath; };
        "org.nixos.specialisation.v1" = { };
      }
      // config.boot.bootspec.extensions
    )
  );

  sw = pkgs.buildPackages.symlinkJoin {
    name = "system-path";
    paths = config.environment.systemPackages;
  };

  init = pkgs.writeShellScript "stage-2-init.sh" ''
    # Stands in for stage 2.
    systemConfig=@out@
    ${config.boot.postBootCommands}
    exec ${config.systemd.package}/lib/systemd/systemd "$@"
  '';

  activate = pkgs.writeShellScript "activate" (
    "# Stands in for activation; in no order.\n"
    + lib.concatStrings (
      lib.mapAttrsToList (name: script: "# ${name}\n${script.text}\n") config.system.activationScripts
    )
  );

  switch = pkgs.writeShellScript "switch-to-configuration" ''
    # Stands in for switching.
    export NIXOS_ACTION=$1
    case $1 in
      switch | boot) ${config.system.build.installBootLoader} @out@ || exit 1 ;;
    esac
  '';

  toplevel =
    pkgs.buildPackages.runCommand "nixos-system-${config.system.name}-${config.system.nixos.label}"
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
        inherit (config.system) extraDependencies;
        passthru = {
          inherit config kernel initialRamdisk;
        };
      }
      ''
        mkdir -p $out/bin
        substitute() {
          sed "s|@out@|$out|g" "$1" >"$2"
        }
        substitute ${init} $out/init
        substitute ${activate} $out/activate
        substitute ${switch} $out/bin/switch-to-configuration
        chmod +x $out/init $out/activate $out/bin/switch-to-configuration
        ${lib.optionalString config.boot.kernel.enable ''
          ln -s ${kernelPath} $out/kernel
          ln -s ${config.system.modulesTree} $out/kernel-modules
          ${lib.optionalString (config.hardware.deviceTree.package != null) ''
            ln -s ${config.hardware.deviceTree.package} $out/dtbs
          ''}
          echo -n ${lib.escapeShellArg (toString config.boot.kernelParams)} >$out/kernel-params
          ${lib.optionalString config.boot.initrd.enable "ln -s ${initrdPath} $out/initrd"}
        ''}
        ${lib.optionalString config.boot.bootspec.enable "substitute ${bootspec} $out/boot.json"}
        ${lib.optionalString config.boot.initrd.systemd.enable ''
          cp $out/init $out/prepare-root
        ''}
        ln -s ${etc}/etc $out/etc
        ln -s ${sw} $out/sw
        ln -s ${config.systemd.package} $out/systemd
        echo -n systemd 258 >$out/init-interface-version
        echo -n ${config.system.nixos.label} >$out/nixos-version
        echo -n ${pkgs.stdenv.hostPlatform.system} >$out/system
        echo -n "$extraDependencies" >$out/extra-dependencies
        ${config.system.systemBuilderCommands}
        ${config.system.extraSystemBuilderCmds}
      '';

  failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);
  sound =
    if failed != [ ] then
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (message: "- ${message}") failed}"
    else
      lib.showWarnings config.warnings toplevel;
in
{
  config.system.build = {
    toplevel = sound;
    inherit kernel;
  };
}
