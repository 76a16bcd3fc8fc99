# A network-boot image as a derivation. A plain function: NixOS is not needed.
#
# Everything runs on the build platform and only copies what the target's
# closure holds, so that no emulation and no foreign builder is needed.
{
  lib,
  stdenvNoCC,
  netimage-builder,
  nix,
  sqlite,
}:

{
  # The name of the root below net-image/os, and of the derivation.
  rootDirectoryName,
  # The image's name, for its manifest.
  imageName ? rootDirectoryName,
  # What the closure is made of.
  storePaths,
  # The system to boot; its init goes onto the command line.
  toplevel ? null,
  # "server:/path,options", or { server, path, version, options }.
  nfs,
  # Kernel parameters; null leaves cmdline.txt to the boot files.
  commandLine ? null,
  # [ { target; source or text; executable; } ]
  bootFiles ? [ ],
  rootFiles ? [ ],
  # Shell commands that fill the current directory with boot files.
  populateFirmwareCommands ? "",
  # Shell commands that fill ./files with files for the root.
  populateRootCommands ? "",
  # The same for the image's own files, before the user's.
  firmwareCommands ? "",
  # Whether the root has a Nix database with the closure registered.
  nixDatabase ? true,
  # "full" or "none".
  verify ? "full",
  # The boards that have to boot the image; none leaves it to the device trees
  # that are there.
  boards ? [ ],
  # Codes of docs/checks.md that do not fail the build.
  allow ? [ ],
  # "own", or "shared" where machines have their store from a depot.
  rootKind ? "own",
  # Whether the image copies no store path and refers to its closure instead, so that
  # Nix keeps the closure, and copies it with the image.
  lean ? false,
}:

let
  spec = {
    version = 1;
    name = imageName;
    inherit
      rootDirectoryName
      nfs
      nixDatabase
      boards
      allow
      ;
    inherit (stdenvNoCC.buildPlatform) system;
    storeDir = builtins.storeDir;
    boot = {
      files = bootFiles;
      directories = [ "firmware" ];
    };
    root = {
      files = rootFiles;
      directories = [ "root/files" ];
    };
  }
  // lib.optionalAttrs (toplevel != null) { toplevel = "${toplevel}"; }
  // lib.optionalAttrs (commandLine != null) { inherit commandLine; }
  // lib.optionalAttrs (rootKind != "own") { inherit rootKind; };

  image = stdenvNoCC.mkDerivation {
    name = rootDirectoryName;

    __structuredAttrs = true;
    exportReferencesGraph.closure = storePaths;
    # A full image holds copies. Were it to refer to their originals, nothing of
    # the closure could be collected while the image lives.
    unsafeDiscardReferences.out = !lean;
    preferLocalBuild = true;
    # A lean image is small, and what it refers to is needed in any case.
    allowSubstitutes = lean;

    nativeBuildInputs = [
      netimage-builder
    ]
    ++ lib.optionals nixDatabase [
      nix
      sqlite
    ];

    inherit spec;

    # Each set of commands has a directory of its own, with nothing in it but
    # what it puts there.
    buildCommand = ''
      mkdir -p firmware root/files
      (
        cd firmware
        ${firmwareCommands}
        ${populateFirmwareCommands}
      )
      (
        cd root
        ${populateRootCommands}
      )
      netimage-builder build --verify ${verify}${lib.optionalString lean " --lean"}
    '';

    passthru = {
      inherit spec toplevel check;
    };
  };

  # Reads the finished image again.
  check = stdenvNoCC.mkDerivation {
    name = "${rootDirectoryName}-check";
    preferLocalBuild = true;
    nativeBuildInputs = [ netimage-builder ];
    buildCommand = ''
      {
        netimage-builder verify ${image}
        netimage-builder check ${image}
      } | tee $out
    '';
  };
in
image
