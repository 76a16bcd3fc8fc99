# Programs: real ones where they run on this machine, and for other platforms
# a script in their place. A closure needs files of the right names, not more.
{
  lib,
  pkgs,
  tools,
}:

let
  inherit (pkgs) stdenvNoCC;
  here = stdenvNoCC.hostPlatform.system == tools.machine;

  placeholder =
    {
      pname,
      version ? "0",
      programs ? [ pname ],
      files ? [ ],
      native ? null,
    }:
    stdenvNoCC.mkDerivation {
      inherit pname version;
      buildCommand = ''
        mkdir -p $out/bin
        for file in ${
          lib.escapeShellArgs (map (p: "bin/${p}") programs ++ files)
        }; do
          mkdir -p "$out/$(dirname "$file")"
          printf '#!/bin/sh\n# Stands in for %s of %s on %s.\n' \
            "$file" ${pname} ${stdenvNoCC.hostPlatform.system} >"$out/$file"
          chmod +x "$out/$file"
        done
      '';
      passthru = lib.optionalAttrs (native != null) { standIn = { inherit native; }; };
      meta.mainProgram = lib.head programs;
    };

  # A program of this machine.
  real =
    tool:
    {
      pname,
      version,
      programs,
    }@names:
    if here then
      tool
      // {
        inherit pname version;
        meta = {
          mainProgram = lib.head programs;
          name = "${pname}-${version}";
        };
        inherit (stdenvNoCC.buildPlatform) system;
      }
    else
      placeholder (names // { native = tool; });
  simple = lib.genAttrs [
    "cargo"
    "clippy"
    "dhcpcd"
    "dnsmasq"
    "hello"
    "htop"
    "iana-etc"
    "iproute2"
    "kmod"
    "libtirpc"
    "nfs-utils"
    "nixfmt"
    "nixfmt-rfc-style"
    "openssh"
    "rsync"
    "rustc"
    "rustfmt"
    "systemd"
    "util-linux"
    "vim"
  ] (
    pname:
    placeholder (
      {
        nfs-utils = {
          version = "2.8.4";
          programs = [
            "mount.nfs"
            "mount.nfs4"
            "umount.nfs"
            "showmount"
            "exportfs"
          ];
        };
        systemd = {
          version = "258";
          programs = [
            "systemctl"
            "systemd-tmpfiles"
          ];
          files = [ "lib/systemd/systemd" ];
        };
        util-linux.programs = [ "mount" ];
        iproute2.programs = [ "ip" ];
        libtirpc = {
          programs = [ "none" ];
          files = [ "etc/netconfig" ];
        };
        iana-etc = {
          programs = [ "none" ];
          files = [ "etc/protocols" ];
        };
        kmod.programs = [ "modprobe" ];
        openssh.programs = [ "ssh-keygen" ];
        clippy.programs = [ "cargo-clippy" ];
        nixfmt-rfc-style.programs = [ "nixfmt" ];
      }
      .${pname} or { }
      // {
        inherit pname;
      }
    )
  );
in
simple
// rec {
  # A shell that runs, wherever it can.
  bash =
    if here then
      stdenvNoCC.mkDerivation {
        pname = "bash";
        version = "5.2";
        buildCommand = ''
          mkdir -p $out/bin
          cp ${tools.bash}/bin/bash $out/bin/
          ln -s bash $out/bin/sh
        '';
        meta.mainProgram = "bash";
      }
    else
      placeholder {
        pname = "bash";
        version = "5.2";
        programs = [
          "bash"
          "sh"
        ];
      };
  bashInteractive = bash;
  runtimeShellPackage = bash;
  runtimeShell = "${bash}/bin/bash";

  coreutils = real tools.coreutils {
    pname = "coreutils";
    version = "9";
    programs = [
      "cp"
      "ln"
      "ls"
      "mkdir"
      "rm"
      "touch"
    ];
  };
  # One bundle holds these all.
  inherit (lib.genAttrs [ "findutils" "gnugrep" "gnused" ] (_: coreutils)) findutils gnugrep gnused;
  gawk = coreutils;
  gnutar = coreutils;
  gzip = coreutils;

  nix = real tools.nix {
    pname = "nix";
    version = "2";
    programs = [
      "nix"
      "nix-env"
      "nix-store"
    ];
  };
  sqlite = real tools.sqlite {
    pname = "sqlite";
    version = "3";
    programs = [ "sqlite3" ];
  };
  sqlite-interactive = sqlite;

  busybox = placeholder {
    pname = "busybox";
    version = "1.37.0";
    programs = [
      "busybox"
      "sh"
      "mount"
    ];
  };

  installShellFiles = stdenvNoCC.mkDerivation {
    name = "install-shell-files";
    buildCommand = ''
      mkdir -p $out/nix-support
      cp ${
        builtins.path {
          name = "install-shell-files.sh";
          path = ./install-shell-files.sh;
        }
      } $out/nix-support/setup-hook
    '';
  };
}
