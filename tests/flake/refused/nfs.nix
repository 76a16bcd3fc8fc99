# The server, its path and the mount options.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  no-server = {
    module = { };
    says = [
      "does not know its NFS server"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  two-roots = {
    module = {
      imports = [ server ];
      netImage.nfsRoot = "192.0.2.2:/srv/other";
    };
    says = [
      "192.0.2.2:/srv/other"
      "Set one of them only"
    ];
  };
  # As the original's own text had its options.
  joined-options = {
    module = {
      netImage.nfsRoot = "192.0.2.7:/srv/old";
      netImage.nfsOptions = [ "nolock,rw,vers=3,hard" ];
    };
    says = [ "netImage.nfs.options = [ \"nolock\" \"rw\" \"vers=3\" \"hard\" ];" ];
  };
  joined-string = {
    module = {
      netImage.nfsRoot = "192.0.2.7:/srv/old";
      netImage.nfsOptions = "nolock,rw,vers=3,hard";
    };
    says = [ "netImage.nfs.options = [ \"nolock\" \"rw\" \"vers=3\" \"hard\" ];" ];
  };
  two-versions = {
    module = {
      imports = [ server ];
      netImage.nfs.version = "4.2";
      netImage.nfs.options = [ "vers=3" ];
    };
    says = [
      "has a vers= other than netImage.nfs.version, 4.2"
      "Take it out of the options"
    ];
  };
  # The original's own text said one address here and another there.
  two-addresses = {
    module = {
      netImage.nfsRoot = "192.0.2.108:/mnt/nfsshare/pi";
      netImage.nfsOptions = [
        "vers=3"
        "mountaddr=192.0.2.1"
      ];
    };
    says = [
      "other than 192.0.2.108"
      "Take it out"
    ];
  };
  two-addresses-joined = {
    module = {
      netImage.nfsRoot = "192.0.2.108:/mnt/nfsshare/pi";
      netImage.nfsOptions = "vers=3,hard,mountaddr=192.0.2.1";
    };
    says = [ "netImage.nfs.options = [ \"vers=3\" \"hard\" ];" ];
  };
  other-address = {
    module = {
      imports = [ server ];
      netImage.nfs.address = "192.0.2.77";
    };
    says = [
      "netImage.nfs.address is 192.0.2.77, but netImage.nfs.server 192.0.2.1"
      "Delete netImage.nfs.address"
    ];
  };
  link-local = {
    module.netImage.nfs.server = "fe80::1";
    says = [ "netImage.nfs.server = \"fd00::1\";" ];
  };
  root-without-path = {
    module.netImage.nfsRoot = "192.0.2.7";
    says = [ "netImage.nfsRoot" ];
  };
  name-in-scripted = {
    module = {
      boot.initrd.systemd.enable = false;
      netImage.nfs.server = "nas.example.org";
    };
    says = [
      "without resolving names"
      "netImage.nfs.address = "
      "boot.initrd.systemd.enable = true"
    ];
  };
  read-only-and-not = {
    module = {
      imports = [ server ];
      netImage.nfs.options = [
        "ro"
        "hard"
        "rw"
      ];
    };
    says = [
      "has ro and rw"
      "Leave one in netImage.nfs.options"
    ];
  };
  two-values = {
    module = {
      imports = [ server ];
      netImage.nfs.options = [
        "rsize=1024"
        "rsize=4096"
        "x-systemd.requires=a.service"
        "x-systemd.requires=b.service"
      ];
    };
    says = [ "has rsize=1024 and rsize=4096" ];
  };
  impossible-address = {
    module.netImage.nfs.server = "192.0.2.256";
    says = [
      "192.0.2.256"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  brackets-without-address = {
    module.netImage.nfs.server = "[nas]";
    says = [
      "[nas]"
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  blank-before-server = {
    module.netImage.nfs.server = " nas.example.org";
    says = [
      "\" nas.example.org\""
      "netImage.nfs.server = \"192.0.2.1\";"
    ];
  };
  impossible-numeric-address = {
    module = {
      boot.initrd.systemd.enable = false;
      netImage.nfs.server = "nas.example.org";
      netImage.nfs.address = "192.0.2";
    };
    says = [ "netImage.nfs.address = \"192.0.2.1\";" ];
  };
  ipv6-root-without-brackets = {
    module.netImage.nfsRoot = "2001:db8::1:/srv/nfs/pi";
    says = [ "with an IPv6 address in brackets" ];
  };
  relative-path = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "srv/nfs/pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  path-with-comma = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "/srv/nfs,pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  path-with-blank = {
    module = {
      imports = [ server ];
      netImage.nfs.path = "/srv/my pi";
    };
    says = [ "netImage.nfs.path = \"/srv/nfs/pi\";" ];
  };
  compat-and-options = {
    module = {
      imports = [ server ];
      netImage.compat.nfsOptions = true;
      netImage.nfs.options = [ "ro" ];
    };
    says = [ "netImage.compat.nfsOptions = false;" ];
  };
  compat-and-version = {
    module = {
      imports = [ server ];
      netImage.compat.nfsOptions = true;
      netImage.nfs.version = "4.2";
    };
    says = [ "netImage.compat.nfsOptions = false;" ];
  };
}
