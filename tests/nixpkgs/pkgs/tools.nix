# The programs that `assemble` took from this machine, in the store.
#
# They are the builders' own on every platform, for every derivation of the
# stand-in is in truth built on this machine.
{ lib }:

let
  directory = ../tools;
  present = builtins.pathExists directory;
  source =
    name:
    if !present then
      throw "the stand-in for nixpkgs has no tools/; use the copy that tests/nixpkgs/assemble makes"
    else if !builtins.pathExists (directory + "/${name}") then
      throw "the stand-in for nixpkgs was assembled without ${name}"
    else
      builtins.path {
        name = "${name}-tools";
        path = directory + "/${name}";
      };

  machine = lib.removeSuffix "\n" (
    if present then builtins.readFile (directory + "/system") else source "system"
  );
  bash = source "bash";
  unix = source "coreutils";

  # A program that was linked to libraries elsewhere is started by its own
  # loader. Scripts do that, since the store path is not known before.
  wrap =
    name:
    derivation {
      inherit name;
      system = machine;
      builder = "${bash}/bin/bash";
      args = [
        "-euc"
        ''
          loader() { loaders=("$1"/lib/ld-linux*.so.*); }
          loader $unix
          unix() {
            local program=$1
            shift
            "''${loaders[0]}" --library-path $unix/lib $unix/bin/$program "$@"
          }
          unix mkdir -p $out/bin
          loader $programs
          for program in $programs/bin/*; do
            base=''${program##*/}
            printf '#!%s\nexec %s --argv0 %q --library-path %s %s "$@"\n' \
              $bash/bin/bash "''${loaders[0]}" "$base" $programs/lib "$program" >"$out/bin/$base"
          done
          loader $unix
          unix chmod +x $out/bin/*
        ''
      ];
      inherit bash unix;
      programs = source name;
    };
in
{
  inherit machine;
  inherit bash;
  coreutils = wrap "coreutils";
  nix = wrap "nix";
  sqlite = wrap "sqlite";
  netimage-builder = wrap "netimage-builder";
}
