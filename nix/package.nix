# The builder, from this checkout.
{
  lib,
  rustPlatform,
  installShellFiles,
  stdenv,
  testers,
}:

let
  manifest = lib.importTOML ../netimage-builder/Cargo.toml;
  workspace = (lib.importTOML ../Cargo.toml).workspace.package;
  package = rustPlatform.buildRustPackage {
    pname = manifest.package.name;
    inherit (workspace) version;

    src = lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions [
        ../Cargo.toml
        ../Cargo.lock
        ../clippy.toml
        ../LICENSE-APACHE
        ../LICENSE-MIT
        ../benches/closure.rs
        ../benches/initrd.rs
        ../benches/tree.rs
        ../netimage-builder
        ../netimage-core
        ../tests/bad_input.rs
        ../tests/check.rs
        ../tests/cli.rs
        ../tests/depot
        ../tests/diagnose
        ../tests/diagnose.rs
        ../tests/fixture
        ../tests/golden
        ../tests/lean.rs
        ../tests/nix
        ../tests/requests.rs
        ../tests/system.rs
        ../tests/verify.rs
        ./boards.json
        ./module/generation-config.awk
      ];
    };
    cargoLock.lockFile = ../Cargo.lock;

    nativeBuildInputs = [ installShellFiles ];

    postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
      $out/bin/netimage-builder man > netimage-builder.1
      installManPage netimage-builder.1
      for shell in bash fish zsh; do
        $out/bin/netimage-builder completions $shell > completion.$shell
      done
      installShellCompletion --cmd netimage-builder completion.{bash,fish,zsh}
    '';

    passthru.tests.version = testers.testVersion { inherit package; };

    meta = {
      inherit (manifest.package) description;
      homepage = workspace.repository;
      license = [
        lib.licenses.mit
        lib.licenses.asl20
      ];
      mainProgram = "netimage-builder";
      platforms = lib.platforms.linux;
    };
  };
in
package
