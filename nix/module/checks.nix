# What else would fail at the end of a build, or at boot, is said before.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:

let
  cfg = config.netImage;
  inherit (pkgs.stdenv) hostPlatform;

  isFileName =
    name:
    !lib.any (
      part:
      lib.elem part [
        ""
        "."
        ".."
      ]
    ) (lib.splitString "/" name);
  strayFiles = lib.filter (name: !isFileName name) (lib.attrNames cfg.firmware.files);
  unclearFiles = lib.attrNames (
    lib.filterAttrs (_: file: (file.text == null) == (file.source == null)) cfg.firmware.files
  );

  # Commands that write the boot files write cmdline.txt, too.
  parameters = lib.optionals cfg.firmware.enable config.boot.kernelParams;
  # NixOS and raspberry-pi-nix set these by themselves.
  ofOthers =
    lib.optional config.boot.initrd.systemd.enable "root=fstab"
    ++ lib.optional (options ? raspberry-pi-nix) "init=/sbin/init";
  having =
    keys:
    lib.filter (
      parameter:
      lib.any (key: lib.hasPrefix "${key}=" parameter) keys && !lib.elem parameter ofOthers
    ) parameters;
  contradicting =
    having [ "nfsroot" ] ++ lib.optionals config.boot.initrd.systemd.enable (having [ "root" ]);
  replaced =
    having [ "init" ]
    ++ lib.filter (
      parameter:
      lib.elem parameter [
        "ip=dhcp"
        "ip=on"
        "ip=any"
      ]
    ) parameters;
  quoted = lib.concatMapStringsSep ", " (text: ''"${text}"'');
in
{
  config = {
    netImage.warnings = lib.optional (replaced != [ ]) ''
      boot.kernelParams has ${quoted replaced}, which the image sees to by itself.
      Delete that from boot.kernelParams.'';

    netImage.assertions = [
      {
        assertion = contradicting == [ ];
        message = ''
          boot.kernelParams has ${quoted contradicting}, but the root follows from netImage.nfs.
          Delete that from boot.kernelParams.'';
      }
      {
        assertion = hostPlatform.isAarch64 || (hostPlatform.isAarch32 && !cfg.firmware.enable);
        message = ''
          The image's boot files are for aarch64, and the system is ${hostPlatform.system}. Set
            nixpkgs.hostPlatform = "aarch64-linux";'';
      }
    ];

    assertions = [
      {
        assertion = strayFiles == [ ];
        message = ''
          netImage.firmware.files has ${quoted strayFiles}, which is no name below net-image/boot. Write
            netImage.firmware.files."overlays/my.dtbo" = ./my.dtbo;'';
      }
      {
        assertion = unclearFiles == [ ];
        message = ''
          netImage.firmware.files has ${quoted unclearFiles} with both a text and a source, or neither. Write
            netImage.firmware.files."overlays/my.dtbo".source = ./my.dtbo;
          or .text, for what is in the file.'';
      }
    ];
  };
}
