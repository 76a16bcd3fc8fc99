# rustPlatform, without a compiler: the binary that cargo built outside is
# installed. Source, lock file, version and postInstall are real all the same.
{ lib, pkgs }:

let
  tools = import ./tools.nix {
    inherit lib;
  };

  buildRustPackage =
    attrs:
    let
      arguments = if lib.isFunction attrs then lib.fix attrs else attrs;
      lockFile =
        arguments.cargoLock.lockFile
          or (throw "the stand-in's buildRustPackage takes cargoLock.lockFile only");
      locked = (lib.importTOML lockFile).package;
      own = builtins.filter (p: p.name == arguments.pname) locked;
    in
    assert lib.assertMsg (
      own != [ ]
    ) "buildRustPackage: ${arguments.pname} is not in its own Cargo.lock";
    assert lib.assertMsg ((lib.head own).version == arguments.version)
      "buildRustPackage: version ${arguments.version}, but Cargo.lock has ${(lib.head own).version}";
    pkgs.stdenv.mkDerivation (
      builtins.removeAttrs arguments [
        "cargoLock"
        "checkPhase"
        "useNextest"
      ]
      // {
        strictDeps = true;
        cargoDeps = lockFile;
        buildPhase = ''
          runHook preBuild
          if ! cmp Cargo.lock $cargoDeps; then
            echo "the source has another Cargo.lock, or none" >&2
            exit 1
          fi
          # Every member of the workspace has to be in the source, and every test and
          # bench that it names.
          sed -n '/^members *=/,/]/p' Cargo.toml | grep -o '"[^"]*"' | tr -d '"' |
            while read -r member; do
              sed -n 's/^path = "\([^"]*\.rs\)"$/\1/p' "$member/Cargo.toml" |
                while read -r file; do
                  if ! test -e "$member/$file"; then
                    echo "$member/Cargo.toml names $file, which is not in the source" >&2
                    exit 1
                  fi
                done
            done
          runHook postBuild
        '';
        installPhase = ''
          runHook preInstall
          install -D -m 755 -t $out/bin ${tools.netimage-builder}/bin/netimage-builder
          found=$($out/bin/netimage-builder --version)
          if [[ $found != *" $version"* ]]; then
            echo "the program says $found, the package is $version" >&2
            exit 1
          fi
          runHook postInstall
        '';
      }
    );
in
{
  rustPlatform = {
    inherit buildRustPackage;
    importCargoLock = { lockFile, ... }: lockFile;
    rustLibSrc = throw "the stand-in has no Rust sources";
  };
  makeRustPlatform = _: pkgs.rustPlatform;
}
