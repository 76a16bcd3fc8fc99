# Deploys at every switch. Images are lean, and the script names them, so that what they
# are made of belongs to the server's own closure: Nix brings it along.
{
  config,
  lib,
  ...
}:

let
  cfg = config.services.netimage;
  withImage = lib.filterAttrs (_: one: one.image != null) cfg.machines;
  # What is the same for several machines is deployed to them at once.
  command = one: "deploy ${one.image}" + lib.optionalString (!one.trial) " --no-trial";
  commands = lib.groupBy (name: builtins.unsafeDiscardStringContext (command withImage.${name})) (
    lib.attrNames withImage
  );
  lines = lib.mapAttrsToList (
    _: names: "${command withImage.${lib.head names}} ${lib.concatStringsSep " " names}\n"
  ) commands;
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.netimage-deploy = {
      description = "Deploys the images of netimage's machines";
      wantedBy = [ "multi-user.target" ];
      requires = [ "netimage-depot.service" ];
      after = [ "netimage-depot.service" ];
      path = [
        cfg.package
        config.systemd.package
      ];
      environment.DEPOT = cfg.dataDir;
      script = lib.concatStrings ([ (builtins.readFile ./deploy.sh) ] ++ lines ++ [ "finish\n" ]);
      serviceConfig = import ../hardening.nix // {
        Type = "oneshot";
        RemainAfterExit = true;
        # The first one copies the whole store.
        TimeoutStartSec = "infinity";
        PrivateNetwork = true;
        # To talk to systemd.
        RestrictAddressFamilies = "AF_UNIX";
        ReadWritePaths = [ cfg.dataDir ];
      };
    };
  };
}
