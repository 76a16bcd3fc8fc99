# The licences that the project names.
{ ... }:

builtins.mapAttrs
  (
    shortName: licence:
    {
      inherit shortName;
      free = true;
      redistributable = true;
      deprecated = false;
    }
    // licence
  )
  {
    asl20 = {
      spdxId = "Apache-2.0";
      fullName = "Apache License 2.0";
    };
    mit = {
      spdxId = "MIT";
      fullName = "MIT License";
    };
    unfreeRedistributableFirmware = {
      fullName = "Unfree redistributable firmware";
    };
  }
