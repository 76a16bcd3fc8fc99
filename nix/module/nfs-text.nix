# How servers, paths and mount options are written: functions on texts.
{ lib }:

rec {
  # "server:/path" as [ server path ], the server perhaps an IPv6 address in
  # brackets; null for anything else.
  parseRoot = builtins.match "(\\[[^]]+]|[^:]+):(/.*)";

  isAddress = server: builtins.match "[0-9.]+|\\[.*]" server != null;
  unbracketed = server: lib.removePrefix "[" (lib.removeSuffix "]" server);
  # Before a path an IPv6 address is in brackets.
  bracketed = server: if isIPv6 server then "[${server}]" else server;

  # Addresses, and names as the builder takes them.
  isServer =
    server:
    if lib.hasInfix "[" server || lib.hasInfix ":" server then
      builtins.match "\\[.*]" server != null && isIPv6 (unbracketed server)
    else if builtins.match "(.*\\.)?[0-9]+" server != null then
      isIPv4 server
    else
      lib.all (label: builtins.match "[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?" label != null) (
        lib.splitString "." server
      );
  isIPv4 =
    let
      octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    in
    text: builtins.match "${octet}\\.${octet}\\.${octet}\\.${octet}" text != null;
  isIPv6 =
    text:
    let
      # "::" once, for as many groups as are missing.
      halves = lib.splitString "::" text;
      groups = lib.concatMap (half: lib.optionals (half != "") (lib.splitString ":" half)) halves;
      hasIPv4 = groups != [ ] && isIPv4 (lib.last groups) && !lib.hasSuffix "::" text;
      isGroup = group: builtins.match "[0-9A-Fa-f]{1,4}" group != null;
      length = lib.length groups + (if hasIPv4 then 1 else 0);
    in
    lib.hasInfix ":" text
    && lib.all isGroup (if hasIPv4 then lib.init groups else groups)
    && (if lib.length halves == 1 then length == 8 else lib.length halves == 2 && length < 8);

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

  # Options that decide the same differently. Those of user space, as
  # x-systemd.requires=, may be repeated.
  contradictory =
    options:
    lib.filter (
      option: builtins.match "[xX]-.*" option == null && lib.any (contradicts option) options
    ) (lib.unique options);
  contradicts = option: other: decides option other && inFull other != inFull option;
  # Whether both decide the same, the same way or not.
  decides =
    option: other:
    let
      subjects = {
        ro = "rw";
        soft = "hard";
        softerr = "hard";
        async = "sync";
        fg = "bg";
      };
      subject = option: subjects.${option} or (lib.removePrefix "no" (keyOf option));
    in
    subject (inFull other) == subject (inFull option);
  inFull =
    option:
    if
      lib.elem option [
        "tcp"
        "udp"
        "rdma"
      ]
    then
      "proto=${option}"
    else if
      lib.elem option [
        "relatime"
        "strictatime"
      ]
    then
      "atime"
    else
      option;

  # One option an element, however they were written.
  split = lib.concatMap (lib.splitString ",");
}
