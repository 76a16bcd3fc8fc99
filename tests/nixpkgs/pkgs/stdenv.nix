# stdenv.mkDerivation: attributes in, a derivation run by bash with Unix tools out.
{
  lib,
  tools,
  buildPlatform,
  hostPlatform,
}:

{ hasCC }:

let
  script =
    name:
    builtins.path {
      inherit name;
      path = ./. + "/${name}";
    };

  # Where `nix develop` looks for the environment, too.
  stdenv = derivation {
    name = "stdenv-linux";
    system = tools.machine;
    builder = "${tools.bash}/bin/bash";
    args = [
      "-euc"
      ''
        PATH=$coreutils/bin
        mkdir $out
        cp $setup $out/setup
        printf %s $coreutils/bin >$out/initial-path
      ''
    ];
    inherit (tools) coreutils;
    setup = script "setup.sh";
  };

  # Attributes that describe the package, and are no part of its derivation.
  aside = [
    "meta"
    "passthru"
    "env"
    "pos"
  ];

  # What runs in a build is this machine's. nixpkgs picks the build platform's
  # programs here too, when it compiles for another.
  native = package: package.standIn.native or package.__spliced.buildHost or package;

  make =
    attrsOf:
    let
      attrs = attrsOf final;
      final = attrs // {
        finalPackage = package;
        inherit overrideAttrs;
      };
      overrideAttrs =
        change:
        make (
          final:
          let
            old = attrsOf final;
            once = if lib.isFunction change then change old else change;
          in
          old // (if lib.isFunction once then change final old else once)
        );

      structured = attrs.__structuredAttrs or false;
      env = attrs.env or { };
      outputs = attrs.outputs or [ "out" ];
      arguments =
        builtins.removeAttrs attrs aside
        // (if structured then { inherit env; } else env)
        // {
          name =
            attrs.name or "${attrs.pname or (throw "mkDerivation: neither name nor pname is set")}-${attrs.version}";
          # Where it is really built; see the attribute `system` below.
          system = tools.machine;
          builder = "${tools.bash}/bin/bash";
          args = [
            "-e"
            (script "builder.sh")
          ];
          inherit stdenv;
          shell = "${tools.bash}/bin/bash";
          inherit outputs;
          nativeBuildInputs = map native (attrs.nativeBuildInputs or [ ] ++ attrs.depsBuildBuild or [ ]);
          buildInputs = attrs.buildInputs or [ ];
        };

      drv = derivation arguments;
      extra =
        {
          inherit overrideAttrs;
          inherit (arguments) name nativeBuildInputs buildInputs;
          # Where nixpkgs would build it, for tests to look at.
          inherit (buildPlatform) system;
          stdenv = self;
          passthru = attrs.passthru or { };
          meta = {
            available = true;
            broken = false;
            unfree = false;
            inherit (arguments) name;
            outputsToInstall = [ (builtins.head outputs) ];
          }
          // attrs.meta or { };
          inputDerivation = drv;
        }
        // lib.optionalAttrs (attrs ? pname) { inherit (attrs) pname; }
        // lib.optionalAttrs (attrs ? version) { inherit (attrs) version; }
        // attrs.passthru or { };
      withExtra = output: output // extra // lib.genAttrs outputs (name: output.${name} // extra);
      package = withExtra drv;
    in
    assert lib.assertMsg (
      attrs ? unsafeDiscardReferences -> structured
    ) "mkDerivation: unsafeDiscardReferences needs __structuredAttrs";
    assert lib.assertMsg (builtins.all (
      p: p == null || lib.isStringLike p
    ) (attrs.nativeBuildInputs or [ ])) "mkDerivation: nativeBuildInputs has what is no package";
    package;

  self = {
    inherit (stdenv) name outPath drvPath type;
    inherit buildPlatform hostPlatform hasCC;
    targetPlatform = hostPlatform;
    inherit (hostPlatform)
      system
      isLinux
      isDarwin
      isx86_64
      isAarch64
      is64bit
      ;
    shell = "${tools.bash}/bin/bash";
    mkDerivation = attrs: make (lib.toFunction attrs);
    override = _: self;
  };
in
self
