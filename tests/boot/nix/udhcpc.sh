#!/bin/busybox sh
# shellcheck shell=dash disable=SC2154
# What udhcpc runs when it has a lease.
if [ "$1" = bound ]; then
  ip address add "$ip/$mask" dev "$interface"
  [ -z "$router" ] || ip route add default via "$router"
  echo "netimage-test: stage 1: lease of $ip on $interface"
fi
