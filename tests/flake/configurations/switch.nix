# What nixos-rebuild does to what boots next.
{ lib, with', ... }:

{
  switch-limit = with' [
    {
      boot.loader.netimage.configurationLimit = 2;
      netImage.kernelParams = [ "console=serial0,115200" ];
    }
  ];
  switch-off = with' [ { boot.loader.netimage.enable = false; } ];
  # As with any other that somebody turns on.
  switch-of-others = with' [
    {
      options.boot.loader.mine.enable = lib.mkEnableOption "it";
      config.boot.loader.mine.enable = true;
    }
  ];
}
