# What machines that share a store cannot do.
let
  shared = {
    netImage.nfs.server = "192.0.2.1";
    netImage.store.shared = true;
  };
in
{
  shared-in-scripted = {
    module = {
      imports = [ shared ];
      boot.initrd.systemd.enable = false;
    };
    says = [
      "needs systemd in stage 1"
      "boot.initrd.systemd.enable = true;"
    ];
  };
  shared-and-collected = {
    module = {
      imports = [ shared ];
      nix.gc.automatic = true;
      nix.settings.auto-optimise-store = true;
    };
    says = [
      "no machine may write to it"
      "nix.gc.automatic = false;"
      "nix.settings.auto-optimise-store = false;"
    ];
  };
  shared-and-upgraded = {
    module = {
      imports = [ shared ];
      system.autoUpgrade.enable = true;
    };
    says = [ "system.autoUpgrade.enable = false;" ];
  };
  shared-store-kept = {
    module = {
      imports = [ shared ];
      netImage.persist.directories = [ "/nix/store" ];
    };
    says = [ "Delete that from netImage.persist.directories." ];
  };
  shared-with-files = {
    module = {
      imports = [ shared ];
      netImage.populateRootCommands = "mkdir -p files/etc && echo pi >files/etc/issue";
    };
    says = [
      "netImage.populateRootCommands fills a root"
      "environment.etc.issue.text"
    ];
  };
  shared-root-options = {
    module = {
      imports = [ shared ];
      netImage.store.root = "nfs";
      netImage.store.rootOptions = [ "size=256M" ];
    };
    says = [
      "netImage.store.rootOptions is for a root in memory"
      "netImage.store.root = \"memory\";"
    ];
  };
  shared-without-database = {
    module = {
      imports = [ shared ];
      netImage.nixDatabase = false;
    };
    says = [ "netImage.nixDatabase = true;" ];
  };
}
