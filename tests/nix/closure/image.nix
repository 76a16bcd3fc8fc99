# The image as a derivation, the way a module would build it: the builder reads
# its attributes, finds its output there and needs no arguments.
{
  netimage, # the program, a file
  database ? false,
  # Directories with `nix-store` and `sqlite3`, mounted into the sandbox by the caller.
  path ? "/usr/bin",
  system ? builtins.currentSystem,
  depth ? 200,
}:
let
  closure = import ./default.nix { inherit depth system; };
  builder = builtins.path {
    name = "netimage-builder";
    path = netimage;
  };
in
derivation (
  {
    name = "net-image";
    inherit system;
    __structuredAttrs = true;
    # The image contains the closure; it does not refer to it.
    unsafeDiscardReferences.out = true;
    exportReferencesGraph.closure = [ closure.toplevel ];
    spec = {
      version = 1;
      name = "nixos-net-image";
      rootDirectoryName = "nixos-net-image-test-${system}";
      inherit system;
      toplevel = closure.toplevel;
      nfs = "192.0.2.1:/srv/test,vers=4.1";
      commandLine = [ "console=ttyS0" ];
      boot.files = [
        {
          target = "config.txt";
          text = "kernel=kernel8.img\n";
        }
        {
          target = "kernel8.img";
          source = "${closure.toplevel}/kernel";
        }
      ];
      nixDatabase = database;
    };
  }
  // (
    if database then
      {
        builder = "/usr/bin/bash";
        args = [
          "-euc"
          ''PATH=${path} exec ${builder} build''
        ];
      }
    else
      {
        inherit builder;
        args = [ "build" ];
      }
  )
)
