# Flattened device trees with nothing in them but what a board or an overlay is
# known by (Devicetree Specification, chapter 5), as formats for printf.
{ lib }:

let
  mod = number: by: number - by * (number / by);
  digit = number: builtins.substring number 1 "0123456789abcdef";
  byte = number: "\\x${digit (number / 16)}${digit (mod number 16)}";
  word =
    number:
    "\\x00\\x00" + byte (mod (number / 256) 256) + byte (mod number 256);
  zeros = count: lib.concatStrings (builtins.genList (_: "\\x00") count);
  padded = length: mod (4 - mod length 4) 4;

  # What is written, and how many bytes that is.
  begin = name: {
    text = word 1 + name + zeros (1 + padded (builtins.stringLength name + 1));
    length = 4 + builtins.stringLength name + 1 + padded (builtins.stringLength name + 1);
  };
  end = {
    text = word 2;
    length = 4;
  };
  # Its name is the only one in the block of strings.
  property = value: {
    text = word 3 + word (builtins.stringLength value + 1) + word 0 + value + zeros (1 + padded (builtins.stringLength value + 1));
    length = 12 + builtins.stringLength value + 1 + padded (builtins.stringLength value + 1);
  };

  tree =
    compatible: nodes:
    let
      parts = [
        (begin "")
        (property compatible)
      ]
      ++ nodes
      ++ [
        end
        {
          text = word 9;
          length = 4;
        }
      ];
      length = builtins.foldl' (sum: part: sum + part.length) 0 parts;
      strings = 11;
      header = 40;
      reserved = 16;
    in
    "\\xd0\\x0d\\xfe\\xed"
    + lib.concatMapStrings word [
      (header + reserved + length + strings)
      (header + reserved)
      (header + reserved + length)
      header
      17
      16
      0
      strings
      length
    ]
    + zeros reserved
    + lib.concatMapStrings (part: part.text) parts
    + "compatible\\x00";

  # The end of a name says the board.
  boards = {
    "rpi-3-b" = "3-model-b";
    "rpi-3-b-plus" = "3-model-b-plus";
    "rpi-zero-2" = "model-zero-2";
    "rpi-zero-2-w" = "model-zero-2-w";
    "rpi-4-b" = "4-model-b";
    "rpi-400" = "400";
    "rpi-cm4" = "4-compute-module";
    "rpi-cm4-io" = "4-compute-module";
    "rpi-5-b" = "5-model-b";
    "rpi-500" = "500";
    "rpi-cm5-cm4io" = "5-compute-module";
    "rpi-cm5-cm5io" = "5-compute-module";
    "rpi-cm5l-cm4io" = "5-compute-module";
    "rpi-cm5l-cm5io" = "5-compute-module";
  };
in
{
  # bcm2711-rpi-4-b and the like.
  ofBoard =
    name:
    let
      board = lib.concatStringsSep "-" (builtins.tail (lib.splitString "-rpi-" name));
    in
    tree "raspberrypi,${boards."rpi-${board}" or board}" [ ];

  overlay = tree "brcm,bcm2835" [
    (begin "fragment@0")
    (begin "__overlay__")
    end
    end
  ];

  # overlay_map.dtb and the like, which say nothing.
  empty = tree "brcm,bcm2835" [ ];
}
