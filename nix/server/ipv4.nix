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

  # Whether it can be that of one machine of its network, of this prefix length: neither the
  # first nor the last there, but for networks of two (RFC 3021).
  isHost =
    prefixLength: address:
    let
      size = power (32 - prefixLength);
      rest = lib.mod (toNumber address) size;
    in
    prefixLength >= 31 || rest != 0 && rest != size - 1;

  # Whether both are in one network, of this prefix length.
  isNeighbour =
    prefixLength: address: other:
    let
      size = power (32 - prefixLength);
    in
    toNumber address / size == toNumber other / size;
}
