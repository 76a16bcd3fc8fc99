# Whether somebody has set an option, be it to its default.
{ lib }:
option: option.highestPrio < (lib.mkOptionDefault null).priority
