# shellcheck shell=bash disable=SC2154,SC2034
# The server's side: the network, DHCP with TFTP, and NFS.

# The paths that images ask for, by their machines.
declare -A export_paths=()

# copy_image DIRECTORY: what one does with an image to serve it to the machine, as
# the README has it, and the server that it asks for, in a network of its own.
copy_image() {
  image=$1
  mkdir "$place/root" "$place/tftp"
  cp -a --reflink=auto "$image"/net-image/os/*/. "$place/root/"
  cp -r --reflink=auto "$image/net-image/boot/." "$place/tftp/"
  asked_for=$(jq -r .nfs.server "$image/net-image/manifest.json")
  export_paths[$machine]=$(jq -r .nfs.path "$image/net-image/manifest.json")
  case $asked_for in
    *:*) fail "the image asks for the server $asked_for, and only IPv4 is served here" ;;
    *[!0-9.]*) server=192.0.2.1 ;;
    *) server=$asked_for ;;
  esac
  connect
}

# The machines of a depot by their numbers, and what their boards have of their own.
machine_names=([1]=kitchen [2]=garden [3]=cellar [4]=attic)
serials=([1]=100000001234abcd [2]=100000005678ef01 [3]=1000000000000003 [4]=1000000000000004)
addresses=([1]=192.0.2.21 [2]=192.0.2.22 [3]=192.0.2.23 [4]=192.0.2.24)

# deploy_image IMAGE [OPTION...]: as the next generation of the machine, which is added to
# the depot with its first one, as the depot is made with the first machine.
deploy_image() {
  local name=${machine_names[$machine]}
  depot=$state/depot
  asked_for=192.0.2.1 server=192.0.2.1
  [[ -e $depot/depot.json ]] || "$builder" init "$depot" --server "$server" --export /depot 2>"$state/init.log"
  if [[ ! -e $depot/machines/$name ]]; then
    "$builder" machine add "$depot" "$name" --serial "${serials[$machine]}" \
      --address "${addresses[$machine]}" --mac "$mac" --board rpi4 --ssh-host-key
    connect
  fi
  "$builder" deploy "$1" "$depot" --machine "$name" "${@:2}"
}

# connect: the machine's network, with the server in it.
connect() {
  ((machine > 1)) || chroot "$tools" ip -batch - <<NETWORK
link set lo up
link add lan address 52:54:00:00:00:ff type bridge
address add $server/24 dev lan
link set lan up
NETWORK
  chroot "$tools" ip -batch - <<NETWORK
tuntap add dev tap$machine mode tap
link set tap$machine master lan up
NETWORK
}

# serve_boot: DHCP, the server's name if it has one, and over TFTP the boot tree.
serve_boot() {
  chroot "$tools" dnsmasq --keep-in-foreground --log-facility=- --log-dhcp --user=root --group=root \
    --conf-file=/dev/null --pid-file --no-resolv --no-hosts --address="/$asked_for/$server" --interface=lan \
    --bind-interfaces --leasefile-ro --dhcp-range="${server%.*}.100,${server%.*}.150,1h" \
    --enable-tftp --tftp-root="$state/tftp" >"$state/dnsmasq.log" 2>&1 &
  wait_for 20 grep -sq 'TFTP root is' "$state/dnsmasq.log" || fail "dnsmasq does not start: $(cat "$state/dnsmasq.log")"
}

# serve_depot: what the depot tells dnsmasq and Ganesha, and its own watch.
serve_depot() {
  "$builder" server-config "$depot" --for dnsmasq --interface lan --dhcp server >"$state/dnsmasq.conf"
  "$builder" server-config "$depot" --for ganesha >"$state/ganesha.conf"
  # The hook's program, where dnsmasq is.
  mkdir -p "$tools${builder%/*}"
  mount --bind "${builder%/*}" "$tools${builder%/*}"
  start_dnsmasq
  start_watch
  start_nfs
}

start_dnsmasq() {
  chroot "$tools" dnsmasq --keep-in-foreground --log-facility=- --log-dhcp --user=root --group=root \
    --conf-file="$state/dnsmasq.conf" --pid-file --leasefile-ro >"$state/dnsmasq.log" 2>&1 &
  dnsmasq=$!
  wait_for 20 grep -sq 'TFTP root is' "$state/dnsmasq.log" || fail "dnsmasq does not start: $(cat "$state/dnsmasq.log")"
}

start_watch() {
  "$builder" watch "$depot" >>"$state/watch.log" 2>&1 &
  watch=$!
}

# stop PROCESS: as when it is killed.
stop() {
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
}

# fetched FILE...: each was asked for over TFTP, and sent whole.
fetched() {
  local file
  for file; do
    grep -q "sent $state/tftp/$file to" "$state/dnsmasq.log" || fail "$file was not fetched over TFTP"
  done
}

# serve_nfs [RW or RO] [VERSIONS]: the root of each machine, at the path of its own.
serve_nfs() {
  local access=${1:-RW} versions=${2:-4} number
  cat >"$state/ganesha.conf" <<CONF
NFS_CORE_PARAM {
  Protocols = $versions;
  Mount_Path_Pseudo = true;
  Enable_UDP = false;
  Enable_NLM = false;
  Enable_RQUOTA = false;
  # A container may not be allowed to promise it.
  Allow_Set_Io_Flusher_Fail = true;
}
NFSV4 {
  Graceless = true;
  Only_Numeric_Owners = true;
  RecoveryBackend = fs;
}
CONF
  for number in "${!export_paths[@]}"; do
    cat >>"$state/ganesha.conf" <<CONF
EXPORT {
  Export_Id = $number;
  Path = $(place_of "$number")/root;
  Pseudo = ${export_paths[$number]};
  Access_Type = $access;
  Squash = No_Root_Squash;
  SecType = sys;
  Protocols = $versions;
  Transports = TCP;
  FSAL { Name = VFS; }
}
CONF
  done
  if [[ $versions == *3* ]]; then
    chroot "$tools" rpcbind -w -f >"$state/rpcbind.log" 2>&1 &
    wait_for 20 answers 111 || fail "rpcbind does not start: $(cat "$state/rpcbind.log")"
  fi
  start_nfs
}

start_nfs() {
  : >"$state/ganesha.log"
  chroot "$tools" ganesha.nfsd -F -f "$state/ganesha.conf" -L "$state/ganesha.log" -p /run/ganesha.pid &
  ganesha=$!
  wait_for 30 grep -q 'NFS SERVER INITIALIZED' "$state/ganesha.log" ||
    fail "Ganesha does not start: $(tail -n 5 "$state/ganesha.log")"
  ! grep 'Could not create export' "$state/ganesha.log" || fail 'Ganesha does not export the root'
}

stop_nfs() {
  stop "$ganesha"
}

# answers PORT: whether something of this namespace listens there.
answers() {
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
