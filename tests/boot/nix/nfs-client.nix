# That the NFS client has a name of its own, and is not taken for another: then each
# of the two would introduce itself again and again.
{
  test.services."50-nfs-client" = ''
    echo "NFS client: $(cat /sys/module/nfs/parameters/nfs4_unique_id)"
    # Each mount tells those of its server.
    introductions=$(sed -n 's/^\s*EXCHANGE_ID: \([0-9]*\) .*/\1/p' /proc/self/mountstats | sort -n | tail -n 1)
    echo "it introduced itself ''${introductions:-0} times"
    ((introductions < 10))
  '';
}
