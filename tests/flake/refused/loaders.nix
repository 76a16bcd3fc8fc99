# Others who write where the image does.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  migration-service = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.raspberry-pi-nix.firmware-migration-service.enable = lib.mkEnableOption "it";
        config.raspberry-pi-nix.firmware-migration-service.enable = true;
      };
    says = [ "raspberry-pi-nix.firmware-migration-service.enable = lib.mkForce false;" ];
  };
  other-boot-loader = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.boot.loader.raspberry-pi.enable = lib.mkEnableOption "it";
        config.boot.loader.raspberry-pi.enable = true;
      };
    says = [ "boot.loader.raspberry-pi.enable = lib.mkForce false;" ];
  };
  systemd-boot = {
    module = {
      imports = [ server ];
      boot.loader.systemd-boot.enable = true;
      boot.loader.generic-extlinux-compatible.enable = true;
    };
    says = [
      "boot.loader.systemd-boot.enable = lib.mkForce false;"
      "boot.loader.generic-extlinux-compatible.enable = lib.mkForce false;"
    ];
  };
  two-boot-loaders = {
    module = {
      imports = [ server ];
      boot.loader.netimage.enable = true;
      boot.loader.external = {
        enable = true;
        installHook = "/bin/true";
      };
    };
    says = [
      "one of them can decide what boots"
      "boot.loader.external.enable = lib.mkForce false;"
      "boot.loader.netimage.enable = false;"
    ];
  };
  boot-loader-of-shared-store = {
    module = {
      imports = [ server ];
      netImage.store.shared = true;
      boot.loader.netimage.enable = true;
    };
    says = [
      "boot.loader.netimage writes boot files into a root of the board's own"
      "boot.loader.netimage.enable = true;"
    ];
  };
  firmware-on-switch = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        options.hardware.raspberry-pi.firmware.enable = lib.mkEnableOption "it";
        config.hardware.raspberry-pi.firmware.enable = true;
      };
    says = [ "hardware.raspberry-pi.firmware.enable = lib.mkForce false;" ];
  };
}
