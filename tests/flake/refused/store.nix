# A root that holds no store, or cannot be registered.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  root-in-memory = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
      };
    says = [
      "Nothing holds /nix/store"
      "fileSystems.\"/nix\" = {"
      "device = \"192.0.2.1:/mnt/nfsshare/"
    ];
  };
  root-in-memory-unregistered = {
    module =
      { config, lib, ... }:
      {
        imports = [ server ];
        netImage.nixDatabase = false;
        fileSystems."/" = lib.mkForce {
          device = "none";
          fsType = "tmpfs";
        };
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions;
        };
      };
    says = [
      "the system's root"
      "netImage.nixDatabase = true;"
    ];
  };
  read-only-database = {
    module =
      { config, ... }:
      {
        imports = [ server ];
        netImage.nixDatabase = false;
        fileSystems."/nix" = {
          device = "${config.netImage.nfsRoot}/nix";
          fsType = "nfs";
          options = config.netImage.nfs.mountOptions ++ [ "ro" ];
        };
      };
    says = [
      "mounted read-only"
      "netImage.nixDatabase = true;"
    ];
  };
  read-only-unregistered = {
    module = {
      imports = [ server ];
      netImage.nixDatabase = false;
      netImage.nfs.options = [ "ro" ];
    };
    says = [ "netImage.nixDatabase = true;" ];
  };
}
