# Whether a machine has its address on its command line, as nobody else gives it. One
# without an image may have a root of its own, and its command line in it.
cfg: one:
cfg.dhcp.mode != "server" && !one.addressIsReserved && one.image != null
