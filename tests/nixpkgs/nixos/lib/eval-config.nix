# As configurations without flakes are evaluated.
{
  lib ? import ../../lib,
  system ? builtins.currentSystem,
  ...
}@arguments:
import ../. (arguments // { inherit lib system; })
