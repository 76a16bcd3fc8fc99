# Which servers and mount options are not judged as they have to be.
{ lib, text }:

let
  servers = [
    "192.0.2.1"
    "nas"
    "1nas.lan"
    "nas-1.example.org"
    "[::]"
    "[::1]"
    "[2001:db8::1]"
    "[2001:db8::]"
    "[1:2:3:4:5:6:7::]"
    "[fe80:0:0:0:1:2:3:4]"
    "[::ffff:192.0.2.1]"
  ];
  others = [
    ""
    "192.0.2"
    "192.0.2.256"
    "01.2.3.4"
    "nas "
    "-nas"
    "nas..lan"
    "nas/srv"
    "[nas]"
    "[192.0.2.1]"
    "2001:db8::1"
    "[fe80::1%eth0]"
    "[:::]"
    "[1:]"
    "[12345::]"
    "[1::2::3]"
    "[1:2:3:4:5:6:7]"
    "[1:2:3:4:5:6:7:8::]"
    "[1:2:3:4:5:6:7:8:9]"
    "[1:2:3:4:5:6:7:192.0.2.1]"
    "[::1.2.3]"
  ];
  agreeing = [
    "rw"
    "hard"
    "tcp"
    "proto=tcp"
    "noatime"
    "nodiratime"
    "x-systemd.requires=a.service"
    "x-systemd.requires=b.service"
  ];
  agreeingOnTimes = [
    "atime"
    "relatime"
    "strictatime"
  ];
  contradicting = [
    [
      "ro"
      "rw"
    ]
    [
      "soft"
      "hard"
    ]
    [
      "proto=tcp"
      "udp"
    ]
    [
      "atime"
      "noatime"
    ]
    [
      "noatime"
      "relatime"
    ]
    [
      "rsize=1024"
      "rsize=4096"
    ]
  ];
in
lib.filter (server: !text.isServer server) servers
++ lib.filter text.isServer others
++ text.contradictory agreeing
++ lib.filter (option: !text.decides "noatime" option) agreeingOnTimes
++ text.contradictory agreeingOnTimes
++ lib.filter (pair: text.contradictory (agreeing ++ pair) == [ ]) contradicting
