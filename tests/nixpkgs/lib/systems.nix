# What is known of a platform.
{ lib }:

rec {
  elaborate =
    platform:
    let
      system = if builtins.isString platform then platform else platform.system;
      parts = lib.splitString "-" system;
      cpu = builtins.head parts;
      self = {
        inherit system;
        config = "${cpu}-unknown-linux-gnu";
        parsed = {
          cpu.name = cpu;
          kernel.name = builtins.elemAt parts 1;
        };
        isLinux = builtins.elemAt parts 1 == "linux";
        isDarwin = false;
        isx86_64 = cpu == "x86_64";
        isx86 = self.isx86_64;
        isAarch64 = cpu == "aarch64";
        isAarch32 = false;
        isAarch = self.isAarch64;
        is64bit = true;
        isLittleEndian = true;
        isStatic = false;
        isMusl = false;
        isGnu = true;
        libc = "glibc";
        qemuArch = cpu;
        linuxArch = if self.isAarch64 then "arm64" else cpu;
        ubootArch = self.linuxArch;
        rust.rustcTarget = self.config;
        emulatorAvailable = _: false;
        canExecute = other: self.isLinux && other.isLinux && self.parsed.cpu == other.parsed.cpu;
        __toString = _: system;
      };
    in
    if builtins.isAttrs platform && platform ? canExecute then
      platform
    else if
      builtins.elem system [
        "x86_64-linux"
        "aarch64-linux"
      ]
    then
      self
    else
      throw "the stand-in for nixpkgs knows x86_64-linux and aarch64-linux, not `${system}'";
  equals = a: b: a.system == b.system;
  examples = {
    aarch64-multiplatform = {
      config = "aarch64-unknown-linux-gnu";
      system = "aarch64-linux";
    };
    gnu64 = {
      config = "x86_64-unknown-linux-gnu";
      system = "x86_64-linux";
    };
  };
  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
  ];
  doubles = {
    all = flakeExposed;
    linux = flakeExposed;
  };
}
