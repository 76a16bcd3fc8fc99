# What is served over TFTP, anybody in the network can fetch.
{ config, lib, ... }:

let
  inherit (config.boot) initrd;
  hostKeys = lib.optionals (initrd.network.ssh.enable or false) (initrd.network.ssh.hostKeys or [ ]);
  secrets = lib.attrNames (initrd.secrets or { });
  named =
    lib.optional (hostKeys != [ ]) "boot.initrd.network.ssh.hostKeys"
    ++ lib.optional (secrets != [ ]) "boot.initrd.secrets";
in
{
  config.netImage.warnings = lib.optional (named != [ ]) ''
    The initrd is served to everybody in the network, and with it ${lib.concatStringsSep " and " named}.
    Take for it what nobody has to keep secret, as a host key that is used for nothing else, or delete that.'';
}
