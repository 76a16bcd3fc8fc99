# Whether a machine has its address on its command line, as nobody else gives it. One that
# has no image is only known.
cfg: one:
cfg.dhcp.mode != "server" && !one.addressIsReserved && one.image != null
