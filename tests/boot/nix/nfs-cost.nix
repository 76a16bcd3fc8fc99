# What a boot costs that is counted on the way: systemd's, whatever the root, with how
# everything is mounted.
{
  imports = [
    ./stage-2-systemd.nix
    ./up.nix
  ];
  systemd.services.test-mounts = {
    wantedBy = [ "multi-user.target" ];
    before = [ "test-up.service" ];
    serviceConfig.Type = "oneshot";
    script = ''
      while read -r device place type options _; do
        [[ $type != nfs* ]] || echo "netimage-test: mounted: $place $type $options"
      done </proc/mounts >/dev/console
    '';
  };
}
