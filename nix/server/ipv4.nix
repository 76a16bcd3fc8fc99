# IPv4 addresses as numbers.
{ lib }:

let
  inherit (import ../module/nfs-text.nix { inherit lib; }) isIPv4;
  toNumber =
    address: lib.foldl' (number: octet: number * 256 + lib.toInt octet) 0 (lib.splitString "." address);
  power = exponent: lib.foldl' (number: _: number * 2) 1 (lib.range 1 exponent);
in
{
  inherit isIPv4;

  # Whether both are in one network, of this prefix length.
  isNeighbour =
    prefixLength: address: other:
    let
      size = power (32 - prefixLength);
    in
    toNumber address / size == toNumber other / size;
}
