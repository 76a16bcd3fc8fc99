# A system that has the store of a depot: by the scripts of the module's own units, as
# this stage 2 has no systemd.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (config.systemd) services;
in
{
  networking.hostName = lib.mkForce "";
  netImage = {
    nfs.path = lib.mkForce "/depot/store";
    store.shared = true;
  };

  test.services."15-database" = ''
    ${services.netimage-database.script}
    ls -l /nix/var/nix/db
  '';
  test.services."35-machine" = ''
    echo "this is $(hostname), $(cat /etc/machine-id 2>/dev/null)"
    for directory in ${toString config.netImage.persist.directories}; do
      echo "$directory is on $(stat -f -c %T $directory)"
      [[ $(stat -f -c %T $directory) == nfs ]]
    done
    if touch /nix/store/x 2>/dev/null; then
      echo 'the store can be written to'
      exit 1
    fi
    [[ ! -e /var/lib/test/state ]]
    echo "boot" >>/var/log/boots
    echo "boots that are remembered: $(wc -l </var/log/boots)"
  '';
  # Nix can ask, and not add.
  test.services."36-add" = lib.mkIf (lib.elem pkgs.nix config.test.packages) ''
    echo x >/tmp/added
    if nix-store --add /tmp/added 2>/tmp/add; then
      exit 1
    fi
    cat /tmp/add
    grep -q 'Read-only file system' /tmp/add
  '';
  test.services."90-confirm" = ''
    ${services.netimage-confirm.script}
    cat /persist/booted.json
  '';
}
