# Derivations that join directories, and shells.
{ lib, pkgs }:

rec {
  linkFarm =
    name: entries:
    let
      list =
        if builtins.isAttrs entries then
          lib.mapAttrsToList (name: path: { inherit name path; }) entries
        else
          entries;
    in
    pkgs.runCommandLocal name { passthru.entries = entries; } ''
      mkdir -p $out
      cd $out
      ${lib.concatMapStrings (entry: ''
        mkdir -p "$(dirname ${lib.escapeShellArg "./${entry.name}"})"
        ln -sfn ${lib.escapeShellArg "${entry.path}"} ${lib.escapeShellArg "./${entry.name}"}
      '') list}
    '';
  linkFarmFromDrvs =
    name: drvs:
    linkFarm name (
      map (drv: {
        inherit (drv) name;
        path = drv;
      }) drvs
    );

  # Directories are made, files are links; the first of two files stays.
  symlinkJoin =
    {
      name ? "${pname}-${version}",
      pname ? "",
      version ? "",
      paths,
      postBuild ? "",
      meta ? { },
      passthru ? { },
      ...
    }:
    pkgs.runCommandLocal name { inherit meta passthru; } ''
      mkdir -p $out
      for directory in ${lib.concatMapStringsSep " " (p: "${p}") paths}; do
        cd "$directory"
        find . -type d -exec mkdir -p -- "$out/{}" \;
        find . ! -type d | while IFS= read -r file; do
          if [[ ! -e $out/$file && ! -L $out/$file ]]; then
            ln -s "$directory/''${file#./}" "$out/$file"
          fi
        done
      done
      cd $out
      ${postBuild}
    '';
  buildEnv =
    arguments: symlinkJoin (builtins.intersectAttrs (lib.functionArgs symlinkJoin) arguments);

  mkShell =
    {
      name ? "nix-shell",
      packages ? [ ],
      nativeBuildInputs ? [ ],
      inputsFrom ? [ ],
      shellHook ? "",
      ...
    }@arguments:
    pkgs.stdenvNoCC.mkDerivation (
      builtins.removeAttrs arguments [
        "packages"
        "inputsFrom"
      ]
      // {
        inherit name shellHook;
        nativeBuildInputs =
          packages ++ nativeBuildInputs ++ lib.concatMap (p: p.nativeBuildInputs or [ ]) inputsFrom;
        buildCommand = ''
          printf '%s\n' "$PATH" >$out
        '';
      }
    );
  mkShellNoCC = mkShell;
}
