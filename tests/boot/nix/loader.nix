# A generation of a board whose root is its own, which goes over to another as the file
# /switch says: how, to which number, and to which system of the store.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (config.system) build systemBuilderCommands;
in
{
  options.test.generation = lib.mkOption {
    type = lib.types.ints.positive;
    description = "What tells one system from the others.";
  };

  config = {
    boot.loader.netimage.configurationLimit = 1;
    # What NixOS's switch-to-configuration does for the next boot.
    test.builderCommands = ''
      mkdir -p $out/bin
      printf '#!%s\nNIXOS_ACTION=$1 exec %s %s\n' ${pkgs.runtimeShell} ${build.installBootLoader} $out \
        >$out/bin/switch-to-configuration
      chmod +x $out/bin/switch-to-configuration
      ${systemBuilderCommands}
    '';
    test.services."60-switch" = ''
      echo 'this is generation ${toString config.test.generation}'
      [[ -e /switch ]] || exit 0
      read -r action number system </switch
      [[ $action != stay ]] || exit 0
      # As nix-env has it.
      profile=/nix/var/nix/profiles/system
      mkdir -p ''${profile%/*}
      ln -sfn $system $profile-$number-link
      ln -sfn system-$number-link $profile
      $system/bin/switch-to-configuration $action
    '';
  };
}
