# Real programs for arm64 in place of the stand-in's, from Debian's packages.
debian: final: prev:

let
  inherit (final) lib runCommand;
  file = name: builtins.path {
    inherit name;
    path = debian + "/${name}";
  };
  version = builtins.readFile (debian + "/kernel/version");
in
{
  linux = prev.stdenvNoCC.mkDerivation {
    pname = "linux";
    inherit version;
    buildCommand = ''
      mkdir $out
      cp -r ${file "kernel"}/{Image,dtbs,lib} $out/
    '';
    passthru = prev.linux.passthru // {
      modDirVersion = version;
      kernelOlder = lib.versionOlder version;
      kernelAtLeast = lib.versionAtLeast version;
    };
  };

  raspberrypifw = runCommand "raspberrypi-firmware" { } ''
    mkdir -p $out/share/raspberrypi
    cp -r ${file "firmware"} $out/share/raspberrypi/boot
  '';

  busybox = runCommand "busybox" { } ''
    mkdir -p $out/bin
    cp ${file "busybox"}/busybox $out/bin/
    while read -r applet; do
      [[ $applet == busybox ]] || ln -s busybox $out/bin/$applet
    done <${file "busybox"}/applets
  '';

  bash = runCommand "bash" { } ''
    mkdir -p $out/bin
    cp ${file "bash"}/bash $out/bin/
    ln -s bash $out/bin/sh
  '';
  bashInteractive = final.bash;
  runtimeShellPackage = final.bash;
  runtimeShell = "${final.bash}/bin/bash";

  # Debian's programs ask for their loader where the store is not: they are
  # started by it, as the paths of their libraries are known only here.
  debianLibraries = runCommand "debian-libraries" { } ''
    cp -r ${file "nix"}/lib $out
  '';
  debianPrograms =
    name: programs:
    runCommand name { passthru.version = "debian"; } ''
      mkdir -p $out/bin $out/libexec
      for program in ${toString programs}; do
        file=$(readlink -f ${file "nix"}/bin/$program)
        cp -n $file $out/libexec/
        printf '#!%s\nexec %s --argv0 %s --library-path %s %s "$@"\n' ${final.runtimeShell} \
          ${final.debianLibraries}/ld-linux-aarch64.so.1 $program ${final.debianLibraries} \
          $out/libexec/''${file##*/} >$out/bin/$program
      done
      chmod +x $out/bin/*
    '';
  nix = final.debianPrograms "nix" [
    "nix"
    "nix-env"
    "nix-store"
  ];
  systemdStage1 = runCommand "systemd-stage-1" { } ''
    cp -r ${file "systemd"} $out
  '';
  # What a helper of the module's calls in stage 2.
  nfs-utils = runCommand "nfs-utils" { } ''
    mkdir -p $out/bin
    ln -s ${final.systemdStage1}/usr/sbin/mount.nfs $out/bin/
  '';
  coreutils = final.debianPrograms "coreutils" [
    "cp"
    "ln"
    "mkdir"
    "mv"
    "readlink"
    "rm"
    "sha256sum"
    "sort"
    "sync"
    "touch"
    "tr"
    "wc"
  ];
}
