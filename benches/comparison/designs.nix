# The image as derivations, over a closure that is in the store already: as the
# original made it, in two that copy three times, and as netimage does, in one.
#
# The builders use the shell and tools that the caller mounts at /usr.
{
  toplevel, # store path
  builder, # the program netimage-builder, a file
  run, # makes each run's derivations new ones
  system ? builtins.currentSystem,
}:
let
  closure = builtins.appendContext toplevel { ${toplevel}.path = true; };

  shell =
    name: script: attributes:
    derivation (
      {
        inherit name run system;
        builder = "/usr/bin/bash";
        # The shell stays to the end: see nix#2176.
        args = [
          "-euc"
          ''
            PATH=/usr/bin
            ${script}
            exit
          ''
        ];
      }
      // attributes
    );

  # What nixpkgs' closureInfo gives to make-root-fs.nix.
  rootfs =
    shell "rootfs"
      ''
        grep --text '^/nix/store/' closure | sort -u >store-paths
        mkdir -p rootImage/nix/store
        xargs -I % cp -a --reflink=auto % -t rootImage/nix/store/ <store-paths
        cp closure rootImage/nix-path-registration
        cp -r rootImage "$out"
      ''
      {
        exportReferencesGraph = [
          "closure"
          closure
        ];
      };

  program = builtins.path {
    name = "netimage-builder";
    path = builder;
  };

  netimage =
    options: discards:
    derivation {
      name = "net-image";
      inherit run system;
      __structuredAttrs = true;
      unsafeDiscardReferences.out = discards;
      exportReferencesGraph.closure = [ closure ];
      builder = program;
      args = [ "build" ] ++ options;
      spec = {
        version = 1;
        name = "nixos-net-image";
        rootDirectoryName = "root";
        inherit system;
        nfs = "192.0.2.1:/srv/root,vers=4.1";
        commandLine = [ "console=ttyS0" ];
        allow = [ "command-line-no-init" ];
      };
    };
in
{
  original = shell "net-image" ''
    mkdir -p "$out/net-image/os/root"
    cp -r "$rootfs"/* "$out/net-image/os/root/"
  '' { inherit rootfs; };
  none = netimage [
    "--verify"
    "none"
  ] true;
  full = netimage [
    "--verify"
    "full"
  ] true;
  # Its references are the closure.
  lean = netimage [ "--lean" ] false;
}
