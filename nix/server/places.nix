# Where a depot's parts may be file systems of their own, without which its machines
# seem to have said nothing.
dataDir: [
  dataDir
  "${dataDir}/persist"
  "${dataDir}/own-roots"
]
