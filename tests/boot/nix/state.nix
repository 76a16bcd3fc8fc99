# That the store is whole, and that the root takes what is written to it.
{
  test.services."10-store" = ''
    self=$(readlink /proc/1/exe)
    echo "process 1 is $self"
    [[ $self == /nix/store/* ]]
    if [[ -e /nix-path-registration ]]; then
      paths=0
      while read -r line; do
        [[ $line == /nix/store/* ]] || continue
        [[ -e $line || -L $line ]]
        paths=$((paths + 1))
      done </nix-path-registration
      echo "$paths lines of the registration name what is there"
      ((paths > 5))
    fi
  '';
  test.services."40-state" = ''
    mkdir -p /var/lib/test
    echo "written by $(uname -m)" >/var/lib/test/state
    [[ $(cat /var/lib/test/state) == 'written by aarch64' ]]
    echo "kept on $(stat -f -c %T /var/lib/test)"
  '';
}
