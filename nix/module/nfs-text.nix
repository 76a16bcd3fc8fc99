# How servers, paths and mount options are written: functions on texts.
{ lib }:

rec {
  # "server:/path" as [ server path ], the server perhaps an IPv6 address in
  # brackets; null for anything else.
  parseRoot = builtins.match "(\\[[^]]+]|[^:]+):(/.*)";

  isAddress = server: builtins.match "[0-9.]+|\\[.*]" server != null;
  unbracketed = server: lib.removePrefix "[" (lib.removeSuffix "]" server);

  # "rsize=1" has the key "rsize" and the value "1"; "hard" is both.
  keyOf = option: lib.head (lib.splitString "=" option);
  valueOf = option: lib.last (lib.splitString "=" option);
  isVersion =
    option:
    lib.elem (keyOf option) [
      "vers"
      "nfsvers"
    ];
  isAddressOption =
    option:
    lib.elem (keyOf option) [
      "addr"
      "mountaddr"
    ];

  # One option an element, however they were written.
  split = lib.concatMap (lib.splitString ",");
}
