# A system that is up, or not, as the kernel's command line has it: test.crash, in stage 1;
# test.fail, test.hang. Then it ends by itself: test.then=poweroff or reboot.
{ pkgs, ... }:
{
  test.packages = [
    pkgs.coreutils
    pkgs.nix
  ];
  test.etc."nix/nix.conf" = "build-users-group =\nuse-sqlite-wal = false\n";

  # A machine that QEMU starts is slower than any board.
  netImage.confirm.timeLimit = "2min";
  netImage.recovery.watchdog = "1min";
  netImage.confirm.units = [ "test-needed.service" ];

  # QEMU has no board's watchdog. systemd ends, and with that what holds this one off.
  boot.initrd.kernelModules = [ "i6300esb" ];
  boot.initrd.systemd.services.test-crash = {
    wantedBy = [ "initrd.target" ];
    unitConfig = {
      ConditionKernelCommandLine = "test.crash";
      DefaultDependencies = false;
    };
    script = ''
      until [[ $state == active ]]; do
        read -r state </sys/class/watchdog/watchdog0/state || true
      done 2>/dev/null
      echo 'netimage-test: stage 1 crashes' >/dev/console
      kill -SEGV 1
    '';
    serviceConfig.Type = "oneshot";
  };

  systemd.services = {
    test-needed = {
      script = ''
        read -r line </proc/cmdline
        [[ $line != *test.fail* ]]
      '';
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
    };
    test-hang = {
      wantedBy = [ "multi-user.target" ];
      unitConfig.ConditionKernelCommandLine = "test.hang";
      script = ''
        echo 'netimage-test: hangs' >/dev/console
        sleep 100000
      '';
      serviceConfig = {
        Type = "oneshot";
        TimeoutStartSec = "infinity";
      };
    };
    # When all is said.
    test-up = {
      wantedBy = [ "multi-user.target" ];
      after = [
        "boot-complete.target"
        "multi-user.target"
        "netimage-confirm.service"
      ];
      unitConfig = {
        DefaultDependencies = false;
        # That one ends by itself.
        ConditionKernelCommandLine = "!test.fail";
      };
      serviceConfig.Type = "oneshot";
      script = ''
        exec >/dev/console 2>&1
        say() {
          echo "netimage-test: $*"
        }
        say "this is $(cat /proc/sys/kernel/hostname), machine $(cat /etc/machine-id)"
        for unit in boot-complete.target netimage-confirm.service netimage-database.service; do
          say "$unit is $(systemctl is-active $unit)"
        done
        say "journals: $(ls /var/log/journal)"
        echo boot >>/var/log/boots
        say "boots that are remembered: $(wc -l </var/log/boots)"
        say "host key: $(sha256sum </persist/etc/ssh/ssh_host_ed25519_key.pub)"
        say "registered: $(nix-store --query --references "$(readlink -f /run/current-system)" 2>/dev/null | wc -l)"
        systemctl --failed --no-legend --plain
        read -r device _ type _ < <(grep ' / ' /proc/mounts)
        say "root: $device $type"
        echo boot >>/boots
        say "boots that the root remembers: $(wc -l </boots)"
        journalctl --no-pager --output=cat --unit=netimage-confirm.service --unit=netimage-database.service
        say "networkd: $(systemctl is-active systemd-networkd.service)"
        # As systemd-remount-fs.service does.
        mount -o remount / && say "the root was remounted"
        mkdir -p /run/other
        for name in kitchen garden; do
          # By the kernel alone: the program wants files that the image does not have.
          said=$(mount -i -t nfs4 "192.0.2.1:/depot/persist/$name" /run/other \
            -o vers=4.1,proto=tcp,addr=192.0.2.1 2>&1) || true
          if grep -q ' /run/other ' /proc/mounts; then
            say "is for this machine: $name"
            umount /run/other
          else
            say "is not for this machine: $name: ''${said##*: }"
          fi
        done
        say up
        say end
      '';
    };
    test-then = {
      wantedBy = [ "multi-user.target" ];
      after = [ "test-up.service" ];
      unitConfig = {
        DefaultDependencies = false;
        ConditionKernelCommandLine = "test.then";
      };
      serviceConfig.Type = "oneshot";
      script = ''
        read -r line </proc/cmdline
        action=''${line##* test.then=}
        systemctl --no-block "''${action%% *}"
      '';
    };
  };
}
