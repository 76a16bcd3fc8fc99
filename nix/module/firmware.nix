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

  # Names as the boards ask for them (Raspberry Pi documentation, "boot
  # folder contents"). Boards from the 5 on have their firmware in EEPROM, but
  # take a prefix for served only if start4.elf is there.
  vc4 = [
    "bootcode.bin"
    "start.elf"
    "fixup.dat"
  ];
  vc6 = [
    "start4.elf"
    "fixup4.dat"
  ];
  parts = {
    rpi3 = vc4;
    rpi3-plus = vc4;
    rpi-zero2w = vc4;
    rpi4 = vc6;
    rpi400 = vc6;
    cm4 = vc6;
    rpi5 = vc6;
    rpi500 = vc6;
    cm5 = vc6;
  };
  # Name asked for -> names that kernels have it under. Boards of one name that
  # differ ask for others, which are taken where they are beside it: mainline and
  # Raspberry Pi's firmware describe the RP1 each for kernels of their own.
  deviceTrees = {
    rpi3."bcm2710-rpi-3-b.dtb" = [ "bcm2837-rpi-3-b.dtb" ];
    rpi3-plus."bcm2710-rpi-3-b-plus.dtb" = [ "bcm2837-rpi-3-b-plus.dtb" ];
    rpi-zero2w."bcm2710-rpi-zero-2-w.dtb" = [ "bcm2837-rpi-zero-2-w.dtb" ];
    rpi4."bcm2711-rpi-4-b.dtb" = [ ];
    rpi400."bcm2711-rpi-400.dtb" = [ ];
    cm4."bcm2711-rpi-cm4.dtb" = [ "bcm2711-rpi-cm4-io.dtb" ];
    rpi5."bcm2712-rpi-5-b.dtb" = [ "bcm2712d0-rpi-5-b.dtb" ];
    rpi500."bcm2712-rpi-500.dtb" = [ ];
    cm5."bcm2712-rpi-cm5-cm5io.dtb" = [ "bcm2712-rpi-cm5l-cm5io.dtb" ];
  };
  variants = {
    rpi5."bcm2712d0-rpi-5-b.dtb" = [ "bcm2712-d-rpi-5-b.dtb" ];
    cm5 = lib.genAttrs [
      "bcm2712-rpi-cm5l-cm5io.dtb"
      "bcm2712-rpi-cm5-cm4io.dtb"
      "bcm2712-rpi-cm5l-cm4io.dtb"
    ] (_: [ ]);
  };
  dtbs =
    if config.hardware.deviceTree.package or null != null then
      config.hardware.deviceTree.package
    else
      "${build.kernel}/dtbs";
  firmware = "${cfg.firmware.package}/share/raspberrypi/boot";

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
  findDeviceTree = name: others: ''
    ${takeDeviceTree name (
      lib.concatMap (one: [
        "${dtbs}/broadcom/${one}"
        "${dtbs}/${one}"
      ]) ([ name ] ++ others)
      ++ [ "${firmware}/${name}" ]
    )}
    if ! [ -e ${name} ]; then
      echo "netimage: neither the kernel nor the firmware has the device tree ${name}; update them or take the board out of netImage.boards" >&2
      exit 1
    fi
    beside=''${candidate%/*}
  '';
  findVariant =
    name: others: takeDeviceTree name (map (one: ''"$beside/${one}"'') ([ name ] ++ others));
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

    bootFiles = mkOption {
      type = types.listOf types.attrs;
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
    bootFiles =
      lib.optionals cfg.firmware.enable (
        map (name: {
          target = name;
          source = "${firmware}/${name}";
        }) (lib.unique (lib.concatMap (board: parts.${board}) cfg.boards) ++ [ "overlays" ])
        ++ [
          {
            target = "kernel8.img";
            source = "${build.kernel}/${boot.loader.kernelFile}";
          }
          {
            target = "initrd";
            source = "${build.initialRamdisk}/${boot.loader.initrdFile}";
          }
          {
            target = "config.txt";
            text = cfg.configTxtText;
          }
        ]
      )
      ++ lib.mapAttrsToList (
        target: content:
        { inherit target; }
        // (
          if content.text != null then { inherit (content) text; } else { source = "${content.source}"; }
        )
      ) cfg.firmware.files;

    commands = lib.optionalString cfg.firmware.enable (
      lib.concatStrings (
        lib.concatMap (
          board:
          lib.mapAttrsToList findDeviceTree deviceTrees.${board}
          ++ lib.mapAttrsToList findVariant (variants.${board} or { })
        ) cfg.boards
      )
    );
  };
}
