# Nix in the system: the database has every path, its hash and its references.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  test.packages = [
    pkgs.coreutils
    pkgs.nix
  ];
  test.etc."nix/nix.conf" =
    lib.concatStrings (
      lib.mapAttrsToList (
        key: value:
        "${key} = ${if lib.isBool value then lib.boolToString value else toString value}\n"
      ) config.nix.settings
    )
    + "build-users-group =\n";

  test.services."20-references" = ''
    toplevel=$(readlink -f /run/current-system)
    nix-store --query --references $toplevel >/tmp/references
    cat /tmp/references
    grep -qx "$(readlink -f $toplevel/sw)" /tmp/references
    grep -qx ${pkgs.linux} /tmp/references
    for service in $(cat $toplevel/services); do
      grep -qx "''${service%/bin/*}" /tmp/references
    done
    registered=$(nix-store --query --requisites $toplevel | wc -l)
    # The database itself may be a path of the store, which is in none.
    there=$(ls /nix/store | grep '^[0-9a-z]\{32\}-' | grep -cv -- '-netimage-database$')
    echo "$registered paths in the closure, $there in the store"
    ((registered == there))
    [[ $(readlink -f /nix/var/nix/profiles/system) == $toplevel ]]
  '';
  test.services."30-verify" = ''
    nix-store --verify --check-contents >/tmp/verify 2>&1 || failed=1
    cat /tmp/verify
    [[ -z $failed ]]
    if grep -iE 'error|missing|disappeared|modified|not valid' /tmp/verify; then
      exit 1
    fi
  '';
}
