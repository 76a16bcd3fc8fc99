# Source trees.
{ lib }:

rec {
  # Without version control, editors' leftovers and results of nix-build.
  cleanSourceFilter =
    path: type:
    let
      name = baseNameOf (toString path);
    in
    !(
      builtins.elem name [
        ".git"
        ".svn"
        ".hg"
        "CVS"
      ]
      || lib.hasSuffix "~" name
      || builtins.match "\\.sw[a-z]|\\..*\\.sw[a-z]" name != null
      || lib.hasSuffix ".o" name
      || lib.hasSuffix ".so" name
      || (type == "symlink" && lib.hasPrefix "result" name)
      || type == "unknown"
    );
  cleanSourceWith =
    {
      filter ? _: _: true,
      src,
      name ? "source",
    }:
    builtins.path {
      inherit name filter;
      path = src;
    };
  cleanSource =
    src:
    cleanSourceWith {
      inherit src;
      filter = cleanSourceFilter;
    };
  sourceByRegex =
    src: regexes:
    cleanSourceWith {
      inherit src;
      filter =
        path: _:
        builtins.any (r: builtins.match r (lib.removePrefix (toString src + "/") path) != null) regexes;
    };
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      inherit src;
      filter = path: type: type == "directory" || builtins.any (s: lib.hasSuffix s path) suffixes;
    };
  pathType = path: builtins.readFileType path;
  pathIsDirectory = path: builtins.pathExists path && pathType path == "directory";
  pathIsRegularFile = path: builtins.pathExists path && pathType path == "regular";
}
