# What nixos-rebuild does on a board whose root is its own: the boot files of each
# generation go to what TFTP serves for it.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (config) netImage;
  cfg = config.boot.loader.netimage;

  # Options that were renamed or removed are not asked.
  isLoader =
    name: option:
    name != "netimage"
    && !lib.isOption option
    && lib.isOption (option.enable or null)
    && option.enable.visible or true == true;
  loaders = lib.attrNames (lib.filterAttrs isLoader options.boot.loader);
  others = lib.filter (name: config.boot.loader.${name}.enable) loaders;

  # Before the kernel, so that no os_prefix is put before it.
  isFirmware = name: builtins.match "bootcode[.]bin|start[^/]*[.]elf|fixup[^/]*[.]dat" name != null;
  # In the store by themselves.
  isLinked =
    name:
    lib.elem name [
      "kernel8.img"
      "initrd"
    ];
  sourceOf = file: file.source or (pkgs.writeText "netimage-boot-file" file.text);
  files = lib.groupBy (
    { target, ... }:
    if target == "config.txt" then
      "config"
    else if isLinked target then
      "linked"
    else if isFirmware target then
      "firmware"
    else
      "copied"
  ) netImage.firmware.ofBoards.files;
  eachOf =
    kind: command:
    lib.concatMapStrings (
      file: "${command} ${lib.escapeShellArg "${sourceOf file}"} ${lib.escapeShellArg file.target}\n"
    ) files.${kind} or [ ];

  # The same in many generations. Copies, as the firmware's package is large.
  parts = pkgs.runCommandLocal "netimage-boot-parts" { } ''
    take() {
      mkdir -p "$(dirname "$2")"
      if [ -d "$1" ]; then
        mkdir -p "$2"
        cp -rL --no-preserve=mode "$1/." "$2"
      else
        cp -L --no-preserve=mode "$1" "$2"
      fi
    }
    mkdir -p $out/files $out/firmware
    cd $out/firmware
    ${eachOf "firmware" "take"}
    cd $out/files
    ${eachOf "copied" "take"}
    ${netImage.firmware.ofBoards.commands}
    # The firmware takes overlays from a directory with a prefix only if this is there.
    if [ -d overlays ] && ! [ -e overlays/README ]; then
      echo "Device tree overlays" >overlays/README
    fi
  '';

  # What loader.sh needs of a generation. Of config.txt it writes the first lines.
  bootFiles = pkgs.runCommandLocal "netimage-boot" { } ''
    mkdir -p $out/files
    ln -s ${parts}/firmware $out/firmware
    cd $out/files
    find ${parts}/files -mindepth 1 -maxdepth 1 -exec ln -s {} . ';'
    ${eachOf "linked" "ln -s"}
    cp ${sourceOf (lib.head files.config)} $out/image-config.txt
    awk -v directory=. -f ${./generation-config.awk} $out/image-config.txt >$out/config.txt || {
      echo "netimage: or write the boot files of generations yourself, with boot.loader.netimage.enable = false;" >&2
      exit 1
    }
    echo ${lib.escapeShellArg (toString (lib.filter (one: !lib.hasPrefix "init=" one) netImage.commandLine))} \
      >$out/command-line
  '';

  install = pkgs.writeShellScript "netimage-loader" ''
    PATH=${lib.makeBinPath [ pkgs.coreutils ]}
    set -- -g ${toString cfg.configurationLimit} -e ${lib.escapeShellArg netImage.nfs.path} "$@"
    ${builtins.readFile ./loader.sh}
  '';

  # Where it is off. There is no reason not to switch; what only boot would do is not
  # done.
  warn = pkgs.writeShellScript "netimage-no-loader" ''
    echo ${
      lib.escapeShellArg (
        if netImage.rootKind == "own" then
          "netimage: boot.loader.netimage is off: the next boot starts what TFTP serves now. Set boot.loader.netimage.enable = true; or copy the boot files of a new image to the server."
        else
          "netimage: the next boot starts what the depot serves. To have it serve this, run there: netimage-builder deploy IMAGE ${netImage.store.depot} --machine NAME"
      )
    } >&2
    [ "''${NIXOS_ACTION-}" != boot ]
  '';
in
{
  options.boot.loader.netimage = {
    enable = mkOption {
      type = types.bool;
      default = netImage.rootKind == "own" && pkgs.stdenv.hostPlatform.isAarch64 && others == [ ];
      defaultText = lib.literalMD "with a root of its own, unless another boot loader is on";
      description = ''
        Whether `nixos-rebuild` on the board decides what it boots next. TFTP has to serve
        the board's own `/boot/firmware`.
      '';
    };

    configurationLimit = mkOption {
      type = types.ints.positive;
      default = 5;
      example = 2;
      description = ''
        How many generations have their boot files in `/boot/firmware`: the newest, and
        beside them the one that was booted and the one that boots next.
      '';
    };
  };

  config = lib.mkMerge [
    {
      # Stronger than NixOS's default, weaker than any boot loader.
      system.build.installBootLoader = lib.mkIf (!cfg.enable) (lib.mkOverride 1400 warn);

      assertions = [
        {
          assertion = cfg.enable -> others == [ ];
          message = ''
            boot.loader.netimage is on beside another boot loader, and one of them can decide what boots. Set
            ${lib.concatMapStringsSep "\n" (name: "  boot.loader.${name}.enable = lib.mkForce false;") others}
            or boot.loader.netimage.enable = false;'';
        }
        {
          assertion = cfg.enable -> netImage.rootKind == "own";
          message = ''
            boot.loader.netimage writes boot files into a root of the board's own, and a shared store has none. Delete
              boot.loader.netimage.enable = true;'';
        }
      ];
    }
    (lib.mkIf cfg.enable {
      system.build.installBootLoader = install;
      system.boot.loader.id = "netimage";
      system.systemBuilderCommands = ''
        ln -s ${bootFiles} $out/netimage
      '';

      # An update that TFTP did not serve is not passed over in silence.
      systemd.services.netimage-served = {
        description = "Whether TFTP serves the boot files of this system";
        wantedBy = [ "multi-user.target" ];
        unitConfig.RequiresMountsFor = "/boot/firmware";
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${install} -n";
        };
      };
    })
  ];
}
