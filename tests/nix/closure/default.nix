# A closure with everything in it that has ever broken a copier of store paths.
#
# It needs no nixpkgs and no network: the builders use the shell and the tools
# that the caller mounts at /usr (`sandbox-paths = /usr /lib /lib64`).
{
  system ? builtins.currentSystem,
  # Newer Nix has no store paths more than 64 directories deep; the image of one
  # is six deeper.
  depth ? 200,
}:
let
  build =
    name: script: attributes:
    derivation (
      {
        inherit name system;
        builder = "/usr/bin/bash";
        args = [
          "-euc"
          ''
            PATH=/usr/bin
            . "$NIX_ATTRS_SH_FILE"
            out=''${outputs[out]}
            . "$script"
          ''
        ];
        __structuredAttrs = true;
        script = builtins.path {
          name = "${name}.sh";
          path = script;
        };
      }
      // attributes
    );
in
rec {
  # Names of files: blanks, newlines, control characters, invalid UTF-8, case clashes.
  names = build "names" ./names.sh { };

  # Hard links, and symbolic links of every kind.
  links = build "links" ./links.sh { inherit names; };

  # 4 000 small files.
  many = build "many" ./many.sh { inherit names; };

  # Directories, each inside the one before.
  deep = build "deep" ./deep.sh { inherit depth; };

  # A path that refers to itself, in a file and in a symbolic link.
  self = build "self" ./self.sh { };

  # Modes that Nix has to normalise, empty files, empty directories.
  modes = build "modes" ./modes.sh { };

  # Three outputs; `out` refers to both of the others, `doc` to `lib`.
  outputs = build "outputs" ./outputs.sh {
    outputs = [
      "out"
      "lib"
      "doc"
    ];
  };

  # Store paths that are no directories.
  file = build "file" ./file.sh { inherit self; };
  program = build "program" ./program.sh { };
  empty-file = build "empty-file" ./empty-file.sh { };
  empty-directory = build "empty-directory" ./empty-directory.sh { };
  link = build "link" ./link.sh { inherit deep; };
  dangling = build "dangling" ./dangling.sh { };

  # Every character a store path's name may have.
  characters = build "A-z.0_9+?=" ./empty-file.sh { };

  # Paths that no builder made: added from a file and from a string.
  source = builtins.path {
    name = "source";
    path = ./names.sh;
  };
  text = builtins.toFile "text" "refers to ${source}\n";

  # In between, so that there is a chain to tell of when `many` is damaged.
  profile = build "profile" ./profile.sh { inherit many links; };

  toplevel = build "toplevel" ./toplevel.sh {
    inherit profile text;
    parts = [
      characters
      dangling
      deep
      empty-directory
      empty-file
      file
      link
      modes
      outputs
      program
    ];
  };

  # On its own, since Nix needs half a minute to hash it.
  large = build "large" ./large.sh { };
}
