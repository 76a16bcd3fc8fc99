# What of an image's config.txt makes that of a generation, whose files lie in a
# directory of their own: included files stand where they are included, as boards take
# them from beside config.txt, and comments are left out. What cannot be one of several
# fails. netimage-core's depot/config.rs has the same rules.
#
#   awk -f generation-config.awk -v directory=FILES CONFIG_TXT
#
# Names of included files are looked for in FILES.

function refuse(what) {
  print "netimage: " position ": " what > "/dev/stderr"
  failed = 1
  exit 1
}

# The firmware puts no prefix before such a name.
function check_name(name) {
  if (name ~ /^\//) {
    refuse(name " begins with a slash, so that it is the same file in all generations; write it without")
  }
}

function check_setting(key, value) {
  sub(/[ \t]+$/, "", key)
  if (key == "os_prefix" || key == "boot_ramdisk") {
    refuse(key " says where the boot files are, and each generation has a directory of its own; remove the line")
  }
  if (key ~ /^(kernel|cmdline|ramfsfile|device_tree|dtoverlay|overlay_prefix)$/) {
    check_name(value)
  }
}

function check_initramfs(text, names, count, at) {
  sub(/[ \t].*/, "", text)
  count = split(text, names, ",")
  for (at = 1; at <= count; at++) {
    check_name(names[at])
  }
}

function include(name, depth, path, line, found, lines, count, at) {
  sub(/[ \t].*/, "", name)
  path = directory "/" name
  if (depth >= 8) {
    refuse(name " includes itself, or is too far down; include it elsewhere")
  }
  while ((found = (getline line < path)) > 0) {
    lines[++count] = line
    if (is_filtered && line ~ /^[ \t]*(\[|include[ \t])/) {
      refuse(name " has filters and is included below one; put the include above all filters, or below [all]")
    }
  }
  if (found < 0) {
    refuse("there is no " name " to include; add it, or remove the line")
  }
  close(path)
  for (at = 1; at <= count; at++) {
    take(lines[at], name ":" at, depth + 1)
  }
}

function take(line, at, depth, equals, rest) {
  position = at
  sub(/\r$/, "", line)
  gsub(/^[ \t]+|[ \t]+$/, "", line)
  if (line == "" || line ~ /^#/) {
    return
  }
  if (line ~ /^include[ \t]/) {
    sub(/^include[ \t]+/, "", line)
    include(line, depth)
    return
  }
  if (line ~ /^\[.*\]/) {
    is_filtered = tolower(line) !~ /^\[all\]/
  } else if (line ~ /^initramfs[ \t]/) {
    rest = line
    sub(/^initramfs[ \t]+/, "", rest)
    check_initramfs(rest)
  } else if ((equals = index(line, "=")) > 0) {
    check_setting(substr(line, 1, equals - 1), substr(line, equals + 1))
  }
  print line
  length_of_all += length(line) + 1
}

{
  take($0, "config.txt:" FNR, 0)
}

END {
  # With the first two lines, "[all]" and "os_prefix=g1234567/".
  if (!failed && length_of_all + 30 > 4096) {
    position = "config.txt"
    refuse("it has " length_of_all " bytes without its comments, and a board reads 4096 over TFTP; remove settings")
  }
}
