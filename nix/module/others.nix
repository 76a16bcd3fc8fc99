# Other people's modules: what they install has no place beside the image.
{
  config,
  lib,
  options,
  ...
}:

let
  inherit (config.netImage.firmware) enable;
  ofNixOS = lib.filter (name: options.boot.loader ? ${name}.enable) [
    "grub"
    "systemd-boot"
    "generic-extlinux-compatible"
    "limine"
    "refind"
  ];
  # NixOS has removed it since.
  formerly = lib.optional (options.boot.loader ? raspberryPi.enable) "raspberryPi";
  loaders = lib.filter (name: config.boot.loader.${name}.enable) (ofNixOS ++ formerly);
in
{
  config = {
    # The firmware loads the kernel itself. Stronger than the defaults of others:
    # nixos-hardware turns extlinux on.
    boot.loader = lib.genAttrs ofNixOS (_: {
      enable = lib.mkOverride 900 false;
    });

    netImage.assertions = [
      {
        assertion = loaders == [ ] || !enable;
        message = ''
          A boot loader is on, but boards start what TFTP serves. Set
          ${lib.concatMapStringsSep "\n" (name: "  boot.loader.${name}.enable = lib.mkForce false;") loaders}'';
      }
    ];

    assertions = [
      {
        assertion = !(config.boot.loader.raspberry-pi.enable or false);
        message = ''
          boot.loader.raspberry-pi would write over the served boot files. Set
            boot.loader.raspberry-pi.enable = lib.mkForce false;'';
      }
      {
        assertion = !(config.hardware.raspberry-pi.firmware.enable or false);
        message = ''
          nixos-hardware would write its firmware over the served boot files on every switch. Set
            hardware.raspberry-pi.firmware.enable = lib.mkForce false;'';
      }
      {
        assertion = !(config.raspberry-pi-nix.firmware-migration-service.enable or false);
        message = ''
          raspberry-pi-nix would look for a disk with the firmware at every boot. Set
            raspberry-pi-nix.firmware-migration-service.enable = lib.mkForce false;'';
      }
    ];
  };
}
