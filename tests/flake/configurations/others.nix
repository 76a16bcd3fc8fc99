# With other people's modules.
{
  lib,
  netimage,
  with',
  ...
}:

{
  # What is in the initrd is served to everybody.
  served-secrets = with' [
    {
      boot.initrd.network.ssh.enable = true;
      boot.initrd.network.ssh.hostKeys = [ ./others.nix ];
      boot.initrd.secrets."/etc/secret" = ./others.nix;
    }
  ];
  both-names = with' [ { imports = [ netimage.nixosModules.net-image ]; } ];
  # As others' modules turn one on.
  loader-by-default = with' [ { boot.loader.systemd-boot.enable = lib.mkDefault true; } ];
  # With what raspberry-pi-nix adds by itself, and somebody by hand.
  raspberry-pi-nix = with' [
    {
      options.raspberry-pi-nix.board = lib.mkOption { type = lib.types.str; };
      config = {
        raspberry-pi-nix.board = "bcm2711";
        boot.kernelParams = [ "init=/sbin/init" ];
      };
    }
  ];
  # As raspberry-pi-nix and nixos-raspberrypi have it.
  raspberry-pi-config = with' [
    {
      options.hardware.raspberry-pi.config = lib.mkOption { type = lib.types.anything; };
      config.hardware.raspberry-pi.config = {
        all = {
          options.arm_boost = {
            enable = true;
            value = true;
          };
          # The image has its own.
          options.kernel = {
            enable = true;
            value = "kernel.img";
          };
          base-dt-params.audio = {
            enable = true;
            value = "on";
          };
          dt-overlays.vc4-kms-v3d = {
            enable = true;
            params.cma-256.enable = true;
          };
        };
        "board-type=0x11".options.gpu_mem = {
          enable = true;
          value = 64;
        };
        pi4.options.hdmi_safe = {
          enable = false;
          value = true;
        };
      };
    }
    {
      options.hardware.raspberry-pi.extra-config = lib.mkOption { type = lib.types.lines; };
      config.hardware.raspberry-pi.extra-config = ''
        [all]
        dtparam=spi=on
        initramfs other followkernel
      '';
    }
    { netImage.configTxt.pi4.arm_boost = false; }
  ];
  # As nixos-hardware has it, its boot loader among it.
  nixos-hardware = with' [
    (
      { pkgs, ... }:
      {
        options.hardware.raspberry-pi = {
          configtxt.file = lib.mkOption { type = lib.types.path; };
          firmware.enable = lib.mkEnableOption "writing it";
        };
        config = {
          hardware.raspberry-pi.configtxt.file = pkgs.writeText "config.txt" ''
            [all]
            enable_uart=1
            kernel=u-boot.bin
            kernel_watchdog_timeout=30
            [all]
            [cm5]
            dtoverlay=dwc2
            dtparam=dr_mode=host
            dtoverlay=
          '';
          boot.loader.grub.enable = lib.mkDefault false;
          boot.loader.generic-extlinux-compatible.enable = lib.mkDefault true;
        };
      }
    )
  ];
}
