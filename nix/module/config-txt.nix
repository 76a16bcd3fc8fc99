# config.txt, structured: filters, and in each its keys in order.
{
  config,
  lib,
  options,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.netImage;

  value = types.oneOf [
    types.bool
    types.int
    types.str
  ];
  line =
    key: given:
    if lib.isList given then
      map (one: "${key}=${render one}") given
    else
      [ "${key}=${render given}" ];
  render = given: if lib.isBool given then (if given then "1" else "0") else toString given;
  # Filters of different kinds combine until [all], so that each section starts
  # anew (Raspberry Pi documentation, "Conditional filters").
  heading = filter: [ "[all]" ] ++ lib.optional (filter != "all") "[${filter}]";
  section =
    filter: heading filter ++ lib.concatLists (lib.mapAttrsToList line cfg.configTxt.${filter});

  # Some boards pass two filters, a CM4 [pi4] and [cm4], and what comes last
  # counts: the general comes before the special.
  general = [
    "all"
    "pi0"
    "pi3"
    "pi4"
    "pi5"
    "pi0w"
    "cm4"
  ];
  filters = lib.filter (filter: cfg.configTxt ? ${filter}) general;
  ordered = filters ++ lib.subtractLists filters (lib.attrNames cfg.configTxt);

  # `hardware.raspberry-pi.config` of raspberry-pi-nix and nixos-raspberrypi:
  # filter -> options, base-dt-params and dt-overlays, each enabled or not.
  raspberryPi =
    if options ? hardware.raspberry-pi.config then config.hardware.raspberry-pi.config else { };
  enabled = lib.filterAttrs (_: one: one.enable or false);
  assignment = key: given: if given == null then key else "${key}=${render given}";
  # What the image decides itself.
  ours = [
    "kernel"
    "initramfs"
    "ramfsfile"
    "ramfsaddr"
    "auto_initramfs"
    "os_prefix"
    "cmdline"
  ];
  foreign =
    filter: parts:
    heading filter
    ++ lib.mapAttrsToList (key: one: assignment key one.value) (
      enabled (removeAttrs (parts.options or { }) ours)
    )
    ++ lib.mapAttrsToList (key: one: "dtparam=${assignment key (one.value or null)}") (
      enabled (parts.base-dt-params or { })
    )
    ++ lib.concatLists (
      lib.mapAttrsToList (
        name: one:
        [ "dtoverlay=${name}" ]
        ++ lib.mapAttrsToList (key: param: "dtparam=${assignment key (param.value or null)}") (
          enabled (one.params or { })
        )
        ++ [ "dtoverlay=" ]
      ) (enabled (parts.dt-overlays or { }))
    );

  # What others have as a text: nixos-hardware all of its config.txt, and
  # nixos-raspberrypi some lines. Null where it is known only when built.
  hardwareFile =
    if options ? hardware.raspberry-pi.configtxt.file then
      config.hardware.raspberry-pi.configtxt.file
    else
      { text = ""; };
  isBuilt =
    file: lib.isDerivation file || (builtins.isString file && builtins.hasContext file);
  hardwareText =
    hardwareFile.text or (if isBuilt hardwareFile then null else builtins.readFile hardwareFile);
  extra =
    if options ? hardware.raspberry-pi.extra-config then
      config.hardware.raspberry-pi.extra-config
    else
      "";
  isOurs = line: lib.any (key: builtins.match "[[:space:]]*${key}([ =].*)?" line != null) ours;
  linesOf =
    text: lib.filter (line: !isOurs line) (lib.splitString "\n" (lib.removeSuffix "\n" text));
in
{
  options.netImage = {
    configTxt = mkOption {
      type = types.attrsOf (types.attrsOf (types.either value (types.listOf value)));
      default = { };
      example = {
        all.enable_uart = true;
        pi4.dtoverlay = [
          "disable-wifi"
          "disable-bt"
        ];
      };
      description = ''
        Settings of config.txt: filter, then key, then its value or values.
        Each filter stands alone. `all` comes first, and a board's general
        filter before its special one, so that `cm4` wins over `pi4`.
        `hardware.raspberry-pi.config` and `hardware.raspberry-pi.configtxt`,
        where the configuration has them, come before these. The kernel, the
        initrd and the command line are set by the image.
      '';
    };

    configTxtText = mkOption {
      type = types.lines;
      readOnly = true;
      internal = true;
      description = "config.txt as rendered.";
    };
  };

  config = {
    netImage.warnings = lib.optional (hardwareText == null && cfg.firmware.enable) ''
      hardware.raspberry-pi.configtxt.file is known only when it is built, and is not taken over. Write
        netImage.configTxt.all.enable_uart = true;
      and so on, for what is in it.'';

    netImage.configTxtText = lib.concatStringsSep "\n" (
      lib.concatMap linesOf (lib.optional (hardwareText != null && hardwareText != "") hardwareText)
      ++ lib.concatLists (lib.mapAttrsToList foreign raspberryPi)
      ++ lib.concatMap linesOf (lib.optional (extra != "") extra)
      ++ lib.concatMap section ordered
      ++ [
        "[all]"
        "arm_64bit=1"
        "kernel=kernel8.img"
        "initramfs initrd followkernel"
        "cmdline=cmdline.txt"
        ""
      ]
    );
  };
}
