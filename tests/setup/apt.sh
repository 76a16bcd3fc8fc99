# Sourced by bash: an apt of its own, beside the machine's.
#
# own_apt DIRECTORY SUITE ARCHITECTURE
#
# Exports an APT_CONFIG for the Debian suite SUITE as it is for ARCHITECTURE, from
# the mirror that the machine's apt is set up with, and fetches its lists. All that
# apt keeps is in DIRECTORY: the machine's apt and dpkg keep their state. Calls the
# caller's `fail` with what is missing; the log of apt is DIRECTORY/log.

own_apt() {
  local directory=$1 suite=$2 architecture=$3 mirror tool
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  for tool in apt-cache apt-get dpkg-deb; do
    command -v "$tool" >/dev/null ||
      fail "$tool is missing: this takes files from Debian's packages and runs on Debian only"
  done
  [[ -r $keyring ]] || fail "$keyring is missing; install debian-archive-keyring"

  # apt answers alike for sources.list and for .sources; suites with a dash are
  # updates, security and backports.
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
    awk '$1 !~ /[-\/]/ && $2 == "main" && $3 !~ /security/ {
        if (any == "") any = $3
        if (debian == "" && $3 ~ /debian/) debian = $3
      }
      END { print debian != "" ? debian : any }')
  [[ -n $mirror ]] || fail 'apt knows of no Debian mirror on this machine; see sources.list(5)'

  mkdir -p "$directory"/state/lists/partial "$directory"/cache/archives/partial
  : >"$directory/state/status"
  printf 'deb [signed-by=%s] %s %s main non-free-firmware\n' "$keyring" "$mirror" "$suite" \
    >"$directory/sources.list"
  cat >"$directory/apt.conf" <<CONF
APT::Architecture "$architecture";
#clear APT::Architectures;
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages "none";
Dir::Cache "$directory/cache";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$directory/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$directory/state";
Dir::State::status "$directory/state/status";
CONF
  export APT_CONFIG=$directory/apt.conf LC_ALL=C
  apt-get -qq -o APT::Update::Error-Mode=any update >"$directory/log" 2>&1 ||
    fail "Debian's package lists of $suite cannot be fetched; is the network there? $(grep -m 1 '^[WE]:' "$directory/log")"
}
