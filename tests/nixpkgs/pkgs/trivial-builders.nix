# Derivations that write a file, run a command or join directories.
{ lib, pkgs }:

let
  inherit (pkgs) stdenvNoCC;
  shell = "${pkgs.runtimeShellPackage}/bin/bash";
in
rec {
  runCommandWith =
    {
      stdenv ? stdenvNoCC,
      runLocal ? false,
      derivationArgs ? { },
      name,
    }:
    buildCommand:
    stdenv.mkDerivation (
      {
        enableParallelBuilding = true;
        inherit name buildCommand;
        passAsFile = lib.optionals (!derivationArgs.__structuredAttrs or false) (
          [ "buildCommand" ] ++ derivationArgs.passAsFile or [ ]
        );
      }
      // lib.optionalAttrs runLocal {
        preferLocalBuild = true;
        allowSubstitutes = false;
      }
      // builtins.removeAttrs derivationArgs [ "passAsFile" ]
    );
  runCommand =
    name: derivationArgs:
    runCommandWith { inherit name derivationArgs; };
  runCommandNoCC = runCommand;
  runCommandCC = runCommand;
  runCommandLocal =
    name: derivationArgs:
    runCommandWith {
      inherit name derivationArgs;
      runLocal = true;
    };

  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
      derivationArgs ? { },
      ...
    }:
    runCommand name
      (
        {
          inherit
            text
            executable
            destination
            checkPhase
            passthru
            meta
            ;
          passAsFile = [ "text" ];
          preferLocalBuild = true;
          allowSubstitutes = false;
        }
        // derivationArgs
      )
      ''
        target=$out$destination
        if [[ -n $destination ]]; then
          mkdir -p "''${target%/*}"
        fi
        cat "$textPath" >"$target"
        if [[ -n $executable ]]; then
          chmod +x "$target"
        fi
        eval "$checkPhase"
      '';
  writeText = name: text: writeTextFile { inherit name text; };
  writeTextDir =
    path: text:
    writeTextFile {
      name = baseNameOf path;
      inherit text;
      destination = "/${path}";
    };
  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };
  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
      meta.mainProgram = name;
    };
  # Scripts are for the host platform, so only their syntax can be tried.
  checkSyntax = ''
    bash -n "$target"
  '';
  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = "#!${shell}\n${text}\n";
      checkPhase = checkSyntax;
    };
  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = "#!${shell}\n${text}\n";
      checkPhase = checkSyntax;
      meta.mainProgram = name;
    };
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      ...
    }:
    writeShellScriptBin name ''
      set -euo pipefail
      ${lib.optionalString (
        runtimeInputs != [ ]
      ) ''export PATH="${lib.makeBinPath runtimeInputs}:$PATH"''}
      ${text}
    '';

  testers.testVersion =
    {
      package,
      command ? "${lib.getExe package} --version",
      version ? package.version,
    }:
    runCommand "${package.name}-test-version" { } ''
      ${command} | tee $out
      grep -qwF -- ${lib.escapeShellArg version} $out
    '';
}
