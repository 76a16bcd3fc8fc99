# The machines, and what of them is told the depot.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types literalExpression;
  cfg = config.services.netimage;

  # Whoever builds the server also puts the images together, which may be of another
  # system.
  inherit (pkgs.stdenv.buildPlatform) system;
  inherit (import ../lib.nix {
    inherit lib;
    systems = [ system ];
  }) leanImageFor;
  imageOf =
    configuration:
    let
      image = configuration.config.system.build.netImageLean or null;
    in
    if
      image == null
      || configuration.config.netImage.buildSystem == system
      || !(configuration ? extendModules)
    then
      image
    else
      images.${keyOf image};
  keyOf = image: builtins.unsafeDiscardStringContext image.drvPath;
  # Machines with one configuration have one image, as each configuration that is changed
  # is evaluated anew.
  images = lib.listToAttrs (
    lib.concatLists (
      lib.mapAttrsToList (
        name: one:
        lib.optional (one.configuration.config.system.build.netImageLean or null != null) {
          name = of name (keyOf one.configuration.config.system.build.netImageLean);
          value = leanImageFor system one.configuration;
        }
      ) cfg.machines
    )
  );
  # What is wrong with a configuration is told with the machine's name.
  of = name: builtins.addErrorContext "while evaluating services.netimage.machines.${name}";

  machine =
    {
      name,
      config,
      options,
      ...
    }:
    {
      options = {
        configuration = mkOption {
          type = types.nullOr types.raw;
          default = null;
          example = literalExpression "self.nixosConfigurations.pi";
          description = ''
            The NixOS configuration that the machine boots, with netimage's module and a
            shared store. Several machines may have one. A machine without configuration
            and image is known, and nothing is deployed to it.
          '';
        };

        image = mkOption {
          type = types.nullOr types.package;
          default = of name (imageOf config.configuration);
          defaultText = lib.literalMD "that of `configuration`, put together on the server's own system";
          description = ''
            The image that the machine boots, in place of a configuration: one of
            `netimage.lib.leanImageFor`, say.
          '';
        };

        serial = mkOption {
          type = types.strMatching "[0-9a-fA-F]{8}([0-9a-fA-F]{8})?" // {
            description = "8 or 16 hexadecimal digits";
          };
          example = "100000001234abcd";
          description = "Its serial number, as /proc/cpuinfo and the boot screen show it.";
        };

        tftpPrefix = mkOption {
          type = types.strMatching "[A-Za-z0-9_-]{1,31}" // {
            description = "serial, mac, or a text of 1 to 31 letters, digits, - and _";
          };
          default = "serial";
          example = "kitchen";
          description = ''
            By what the board asks for its files: `serial`, `mac`, or the text that its
            EEPROM has as TFTP_PREFIX_STR, without the slash.
          '';
        };

        macAddress = mkOption {
          type = types.nullOr (types.strMatching "[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}") // {
            description = "null or Ethernet address";
          };
          default = null;
          example = "dc:a6:32:01:36:c2";
          description = "The address of its Ethernet port, by which dnsmasq knows it.";
        };

        address = mkOption {
          type = types.str;
          example = "192.0.2.21";
          description = "The IPv4 address that it always has, to which alone is exported what it keeps.";
        };

        addressIsReserved = mkOption {
          type = types.bool;
          default = false;
          description = ''
            Whether another DHCP server always gives the machine its address, or its EEPROM
            has it. If not, and `dhcp.mode` is not `server`, the address is on its command
            line; its firmware may then have another, which a trial does not allow.
          '';
        };

        board = mkOption {
          type = types.nullOr (types.enum (lib.attrNames (lib.importJSON ../boards.json)));
          default = null;
          example = "rpi4";
          description = "What it is, for images that are for several boards.";
        };

        tags = mkOption {
          type = types.listOf types.nonEmptyStr;
          default = [ ];
          example = [ "lab" ];
          description = "Words by which commands name several machines at once.";
        };

        trial = mkOption {
          type = types.bool;
          default = cfg.trial && (cfg.dhcp.mode == "server" || config.addressIsReserved);
          defaultText = lib.literalMD "`services.netimage.trial`, where the firmware has the machine's address";
          description = "Whether a new generation has to prove itself before it is served again.";
        };

        isTrialChosen = mkOption {
          type = types.bool;
          internal = true;
          readOnly = true;
          default = options.trial.highestPrio < (lib.mkOptionDefault null).priority;
          description = "Whether somebody has said whether it is to try.";
        };
      };
    };

  isStatic = import ./static.nix cfg;
  declared =
    one:
    {
      inherit (one)
        serial
        address
        tftpPrefix
        tags
        ;
      sshHostKey = true;
    }
    // lib.optionalAttrs (isStatic one) {
      network = {
        inherit (cfg) prefixLength;
      }
      // lib.optionalAttrs (cfg.gateway != null) { inherit (cfg) gateway; };
    }
    // lib.optionalAttrs (one.macAddress != null) { mac = one.macAddress; }
    // lib.optionalAttrs (one.board != null) { inherit (one) board; };
in
{
  options.services.netimage = {
    machines = mkOption {
      type = types.attrsOf (types.submodule machine);
      default = { };
      example = literalExpression ''
        {
          kitchen = {
            configuration = self.nixosConfigurations.pi;
            serial = "100000001234abcd";
            macAddress = "dc:a6:32:01:36:c2";
            address = "192.0.2.21";
          };
        }
      '';
      description = ''
        The machines that the depot has, by their host names. One that is taken out is
        served no longer; what it kept stays.
      '';
    };

    declaration = mkOption {
      type = types.package;
      internal = true;
      description = "The machines, as a depot is told.";
    };
  };

  config.services.netimage.declaration = pkgs.writeText "netimage-machines.json" (
    builtins.toJSON (lib.mapAttrs (_: declared) cfg.machines)
  );
}
