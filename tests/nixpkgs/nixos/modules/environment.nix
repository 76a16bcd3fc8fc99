# Files in /etc, packages, users, and what else configurations like to set.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkEnableOption mkOption types;
  free =
    description:
    mkOption {
      type = types.attrsOf types.anything;
      default = { };
      inherit description;
    };
  string =
    default:
    mkOption {
      type = types.str;
      inherit default;
      description = "A setting of the file.";
    };
  file =
    { name, config, ... }:
    {
      options = {
        enable = mkEnableOption "this file" // {
          default = true;
        };
        target = mkOption {
          type = types.str;
          default = name;
          description = "Its name below /etc.";
        };
        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
          description = "What is in it.";
        };
        source = mkOption {
          type = types.path;
          description = "Where it comes from.";
        };
        mode = string "symlink";
        user = string "+0";
        group = string "+0";
      };
      config.source = lib.mkIf (config.text != null) (
        lib.mkDefault (pkgs.writeText "etc-${lib.replaceStrings [ "/" "@" ] [ "-" "-" ] name}" config.text)
      );
    };
in
{
  options = {
    environment = {
      etc = mkOption {
        type = types.attrsOf (types.submodule file);
        default = { };
        description = "Files below /etc.";
      };
      systemPackages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Packages for all users.";
      };
      pathsToLink = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "What of packages is linked.";
      };
      variables = free "Environment of sessions.";
      sessionVariables = free "Environment of sessions.";
    };
    users = {
      users = free "Users.";
      groups = free "Groups.";
      mutableUsers = mkEnableOption "users that can be changed" // {
        default = true;
      };
      allowNoPasswordLogin = mkEnableOption "a system that nobody can enter";
    };
    services = {
      openssh = {
        enable = mkEnableOption "SSH";
        settings = free "sshd_config.";
        hostKeys = mkOption {
          type = types.listOf types.attrs;
          default = [ ];
          description = "Host keys.";
        };
      };
      resolved.enable = mkEnableOption "resolved";
      timesyncd.enable = mkEnableOption "timesyncd" // {
        default = true;
      };
      rpcbind.enable = mkEnableOption "rpcbind";
      nfs.server.enable = mkEnableOption "the kernel's NFS server";
      kea.dhcp4.enable = mkEnableOption "a DHCP server";
      getty.autologinUser = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "Who is logged in.";
      };
      udev.extraRules = mkOption {
        type = types.lines;
        default = "";
        description = "Rules of udev.";
      };
      logrotate.enable = mkEnableOption "logrotate";
      fstrim.enable = mkEnableOption "fstrim";
      journald.extraConfig = mkOption {
        type = types.lines;
        default = "";
        description = "Lines of journald.conf.";
      };
      journald.storage = string "persistent";
    };
    programs = free "Programs.";
    documentation = free "Documentation.";
    security = free "Security.";
    i18n = free "Languages.";
    console = free "The console.";
    fonts = free "Fonts.";
    powerManagement = free "Power.";
    virtualisation = free "Virtual machines.";
    specialisation = free "Variants of the system.";
    time.timeZone = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The time zone.";
    };
  };

  config = {
    services.rpcbind.enable = lib.mkIf (
      config.boot.supportedFilesystems.nfs or false || config.boot.supportedFilesystems.nfs4 or false
    ) true;
    environment.systemPackages = [
      pkgs.bash
      pkgs.hello
    ]
    ++ config.system.fsPackages
    ++ lib.optional config.nix.enable config.nix.package;
    environment.etc = {
      "os-release".text = "ID=nixos\nVERSION_ID=\"${config.system.nixos.release}\"\n";
      hostname = lib.mkIf (config.networking.hostName != "") {
        text = "${config.networking.hostName}\n";
      };
      "nix/nix.conf".text = lib.concatStrings (
        lib.mapAttrsToList (
          key: value:
          "${key} = ${if builtins.isBool value then lib.boolToString value else toString value}\n"
        ) config.nix.settings
      )
      + config.nix.extraOptions;
    };
    system.build.etc = pkgs.buildPackages.runCommand "etc" { } ''
      mkdir -p $out/etc
      ${lib.concatStrings (
        map (file: ''
          mkdir -p "$(dirname "$out/etc/${file.target}")"
          ln -s ${file.source} "$out/etc/${file.target}"
        '') (builtins.filter (file: file.enable) (builtins.attrValues config.environment.etc))
      )}
    '';
  };
}
