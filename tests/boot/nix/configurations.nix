# The systems by name. Most change one thing of the first.
{ lib }:

let
  # The root's store is whole, and the root keeps what is written to it.
  state =
    { config, lib, ... }:
    {
      test.services."10-store" = ''
        while read -r path; do
          if [[ $path == /nix/store/* && ! -e $path && ! -L $path ]]; then
            echo "missing: $path"
            missing=1
          fi
        done </nix-path-registration
        [[ -z $missing ]]
        self=$(readlink /proc/1/exe)
        echo "running: $self"
        [[ $self == /nix/store/* ]]
      '';
      test.services."20-state" = ''
        mkdir -p /var/lib/test
        echo "written by $(uname -m)" >/var/lib/test/state
        [[ $(cat /var/lib/test/state) == 'written by aarch64' ]]
        echo "persistent: $(stat -f -c %T /var/lib/test)"
      '';
    };
  plain = modules: { imports = [ state ] ++ modules; };
in
{
  nfs4 = plain [ ];
}
