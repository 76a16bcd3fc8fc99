# What the firmware fetches: its own parts, device trees, kernel, initrd.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.netImage;
  inherit (config.system) boot build;

  # A device tree is a list: the name that a board asks for, and others that kernels
  # have it under. Of several, those after the first are for variants of the board,
  # and taken where they are beside the first: mainline and Raspberry Pi's firmware
  # describe the RP1 each for kernels of their own.
  boards = map (board: (lib.importJSON ../boards.json).${board}) cfg.boards;
  dtbs =
    if config.hardware.deviceTree.package or null != null then
      config.hardware.deviceTree.package
    else
      "${build.kernel}/dtbs";
  firmware = "${cfg.firmware.package}/share/raspberrypi/boot";
  kernel = "${build.kernel}/${boot.loader.kernelFile}";
  # The firmware unpacks it: documentation of Raspberry Pi, config_txt/boot.adoc, "kernel".
  gzipped = pkgs.runCommandLocal "kernel8.img" { } ''
    gzip --best --no-name --stdout ${kernel} >$out
  '';

  # A string that begins with a slash may be a text, of a device tree say.
  toFile =
    content:
    if builtins.isString content && !lib.hasPrefix "${builtins.storeDir}/" content then
      { text = content; }
    else
      { source = content; };
  file = types.submodule {
    options = {
      text = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "What is in the file.";
      };
      source = mkOption {
        type = types.nullOr types.path;
        default = null;
        description = "The file or directory to take.";
      };
    };
  };

  takeDeviceTree = name: candidates: ''
    for candidate in ${lib.concatStringsSep " " candidates}; do
      if [ -e "$candidate" ]; then
        cp --no-preserve=mode "$candidate" ${name}
        echo "netimage: device tree ${name}: $candidate"
        break
      fi
    done
  '';
  findDeviceTree =
    names:
    let
      name = lib.head names;
    in
    ''
      ${takeDeviceTree name (
        lib.concatMap (one: [
          "${dtbs}/broadcom/${one}"
          "${dtbs}/${one}"
        ]) names
        ++ [ "${firmware}/${name}" ]
      )}
      if ! [ -e ${name} ]; then
        echo "netimage: neither the kernel nor the firmware has the device tree ${name}; update them or take the board out of netImage.boards" >&2
        exit 1
      fi
      beside=''${candidate%/*}
    '';
  findVariant = names: takeDeviceTree (lib.head names) (map (one: ''"$beside/${one}"'') names);

  ofBoards =
    map (name: {
      target = name;
      source = "${firmware}/${name}";
    }) (lib.unique (lib.concatMap (board: board.firmware) boards) ++ [ "overlays" ])
    ++ [
      {
        target = "kernel8.img";
        source = if cfg.firmware.gzipKernel then "${gzipped}" else kernel;
      }
      {
        target = "initrd";
        source = "${build.initialRamdisk}/${boot.loader.initrdFile}";
      }
      {
        target = "config.txt";
        text = cfg.configTxtText;
      }
    ];
  given = lib.mapAttrsToList (
    target: content:
    { inherit target; }
    // (
      if content.text != null then { inherit (content) text; } else { source = "${content.source}"; }
    )
  ) cfg.firmware.files;
in
{
  options.netImage.firmware = {
    enable = mkOption {
      type = types.bool;
      default = cfg.populateFirmwareCommands == "";
      defaultText = literalExpression ''populateFirmwareCommands == ""'';
      description = "Whether the image's boot files follow from `netImage.boards`.";
    };

    package = mkOption {
      type = types.package;
      default = pkgs.raspberrypifw;
      defaultText = literalExpression "pkgs.raspberrypifw";
      description = "The package that has the firmware's files in share/raspberrypi/boot.";
    };

    gzipKernel = mkOption {
      type = types.bool;
      default = boot.loader.kernelFile == "Image";
      defaultText = literalExpression ''boot.loader.kernelFile == "Image"'';
      description = ''
        Whether the kernel is gzipped, as Raspberry Pi OS has it: the firmware unpacks it,
        and TFTP sends about a third of it.
      '';
    };

    files = mkOption {
      type = types.attrsOf (types.coercedTo (types.either types.path types.str) toFile file);
      default = { };
      example = literalExpression ''{ "overlays/my.dtbo" = ./my.dtbo; "note.txt" = "a text"; "my.dts".text = "/dts-v1/;"; }'';
      description = ''
        More files to serve over TFTP, by name: `{ text = …; }`, `{ source = …; }`,
        or the text or the path alone. A string is a path if it is one in the
        store, with whatever it is to be built from, and a text otherwise.
      '';
    };

    ofBoards = mkOption {
      type = types.attrsOf types.unspecified;
      internal = true;
      description = ''
        The boot files that follow from the boards, and the commands that look for their
        device trees, whether the image has them or not: a system that asked would wait
        for commands that name it.
      '';
    };

    bootFiles = mkOption {
      type = types.listOf (types.attrsOf types.str);
      internal = true;
      description = "All boot files, as the builder takes them.";
    };

    commands = mkOption {
      type = types.lines;
      internal = true;
      description = "Commands that look for the device trees.";
    };
  };

  config.netImage.firmware = {
    ofBoards = {
      files = ofBoards ++ given;
      commands = lib.concatStrings (
        lib.concatMap (
          { deviceTrees, ... }:
          [ (findDeviceTree (lib.head deviceTrees)) ] ++ map findVariant (lib.tail deviceTrees)
        ) boards
      );
    };
    bootFiles = lib.optionals cfg.firmware.enable ofBoards ++ given;
    commands = lib.optionalString cfg.firmware.enable cfg.firmware.ofBoards.commands;
  };
}
