# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the live tests share: hosts in network namespaces of their own, a mirror made by the kernel,
# and the program under test. Sourced by cases/*.sh and by the bench.
#
#   A  the mirror source: a0 towards B; at0 towards T     10.9.1.1  fd00:9:1::1   10.9.3.1
#   B  the server that A talks to: b0                     10.9.1.2  fd00:9:1::2
#   T  the mirror target: t0                                                      10.9.3.2
#
# A namespace belongs to a process that sleeps in it, and is known by that process's id: nothing
# with a name is left in the system, whatever happens. No process outlives its test: the kernel ends
# it with the shell that started it.
#
#   MIRRORTOP  the program      BUILD  where the test programs were built      SANITIZE  as in make
set -u

: "${MIRRORTOP:?}" "${BUILD:?}"
LIVE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SENDER=$BUILD/tests/live/sender
VNI=4321
LIFE=${LIVE_LIFE:-120} # seconds after which even a forgotten namespace is gone
export LC_ALL=C.UTF-8 TZ=UTC PATH=$PATH:/usr/sbin:/sbin
[ -z "${SANITIZE:=}" ] || LIVE_TIMEOUT=${LIVE_TIMEOUT:-60}
unset NO_COLOR COLORTERM

work=$(mktemp -d) || exit 1
chmod 755 "$work"
export XDG_CONFIG_HOME=$work/no-config HOME=$work

# end_now PID: of what was started here and not waited for yet. (The shell would say that it was
# killed.)
end_now() {
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

cleanup() {
    local pid
    for pid in $(jobs -p); do
        end_now "$pid"
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

skip() {
    echo "$*"
    exit 77
}

fail() {
    echo "$*"
    for file in "$work"/*.err; do
        [ -s "$file" ] || continue
        echo "$(basename "$file"):"
        tail -n 20 "$file" | cat -v
    done
    exit 1
}

# background COMMAND...: its id goes to $background.
background() {
    setpriv --pdeathsig KILL "$@" &
    background=$!
}

# until_true TEXT COMMAND...: polls; TEXT says what never came.
until_true() {
    local text=$1 end=$((SECONDS + ${LIVE_TIMEOUT:-20}))
    shift
    while ! "$@"; do
        [ $SECONDS -lt $end ] || fail "$text"
        sleep 0.03
    done
}

# ---- hosts --------------------------------------------------------------------------------------

# Why there can be no lab here, or nothing.
lab_refusal() {
    local tool
    [ "$(id -u)" = 0 ] || {
        echo 'only root can make network namespaces'
        return
    }
    for tool in ip tc unshare nsenter setpriv python3; do
        command -v $tool >/dev/null || {
            echo "there is no $tool"
            return
        }
    done
    unshare --net true 2>/dev/null || {
        echo 'the system allows no network namespaces'
        return
    }
    unshare --net sh -c 'ip link add v0 type veth peer name v1 &&
        ip link add x0 type vxlan id 1 dstport 4789 dev v0 && tc qdisc add dev v0 clsact &&
        tc filter add dev v0 egress u32 match u32 0 0 action mirred egress mirror dev x0' 2>/dev/null ||
        echo 'the kernel lacks veth, vxlan, or tc with clsact, u32 and mirred'
}

lab_need_root() {
    local why
    why=$(lab_refusal)
    [ -z "$why" ] || skip "$why"
}

# host NAME: a namespace with a /sys of its own; the variable NAME is its process.
host() {
    background unshare --net --mount --propagation private sleep "$LIFE"
    local pid=$background
    until_true "no namespace for $1" host_is_there "$pid"
    printf -v "$1" %s "$pid"
    in_host "$pid" mount -t sysfs sysfs /sys
    in_host "$pid" ip link set lo up
}

host_is_there() {
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
        [ "$(readlink "/proc/$1/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
}

# in_host PID COMMAND...
in_host() {
    local pid=$1
    shift
    nsenter --target "$pid" --net --mount "$@"
}

# in_background HOST COMMAND...: its output goes to $work/NAME.out and .err
in_background() {
    local pid=$1 name=$2
    shift 2
    background nsenter --target "$pid" --net --mount "$@" >"$work/$name.out" 2>"$work/$name.err"
}

# link HOST IF ADDRESS HOST IF ADDRESS MTU: a veth pair that carries single packets as a wire does,
# never several in one; both ends know each other, so that no ARP is needed. Both are down.
link() {
    in_host "$1" ip link add "$2" mtu "$7" type veth peer name "$5" mtu "$7" netns "$4"
    local mac1 mac2
    mac1=$(mac_of "$1" "$2") mac2=$(mac_of "$4" "$5")
    in_host "$1" ip link set "$2" gso_max_segs 1
    in_host "$4" ip link set "$5" gso_max_segs 1
    in_host "$1" ip address add "$3/24" dev "$2"
    in_host "$4" ip address add "$6/24" dev "$5"
    in_host "$1" ip neigh add "$6" lladdr "$mac2" dev "$2" nud permanent
    in_host "$4" ip neigh add "$3" lladdr "$mac1" dev "$5" nud permanent
}

mac_of() {
    in_host "$1" ip link show "$2" | awk '$1 == "link/ether" { print $2 }'
}

up() {
    in_host "$1" ip link set "$2" up
}

# counter HOST IF rx_packets|rx_bytes|tx_packets|tx_bytes|tx_dropped...
counter() {
    in_host "$1" cat "/sys/class/net/$2/statistics/$3"
}

# A sender S on the one side, the target T on the other; no mirror by the kernel.
lab_sender() {
    lab_need_root
    host S
    host T
    lab_sender_link
}

# Nothing is said on it but what the sender sends.
lab_sender_link() {
    link "$S" s0 10.9.3.1 "$T" t0 10.9.3.2 1500
    ipv6_off "$S" s0
    ipv6_off "$T" t0
    up "$S" s0
    up "$T" t0
    until_true 'the link to T does not come up' carriers "$S" s0 "$T" t0
}

# sender NAME OPTION...: sends to T, and says what it sent in $work/NAME.out
send() {
    local name=$1
    shift
    in_host "$S" "$SENDER" "$@" >"$work/$name.out" 2>"$work/$name.err" ||
        fail "the sender failed"
}

# sent NAME FIELD
sent() {
    awk -v field="$2" '$1 == field { print $2 }' "$work/$1.out"
}

# lab_mirror MTU: A and B, and a mirror of a0 to T, all but the link between A and B up. So nothing
# was talked before the mirror works, and all counters begin at 0.
lab_mirror() {
    local mtu=$1 family
    lab_need_root
    host A
    host B
    host T
    link "$A" a0 10.9.1.1 "$B" b0 10.9.1.2 "$mtu"
    link "$A" at0 10.9.3.1 "$T" t0 10.9.3.2 $((mtu + 50))
    # these two find each other by ARP and neighbour discovery, which are mirrored as well
    in_host "$A" ip neigh flush dev a0 nud permanent
    in_host "$B" ip neigh flush dev b0 nud permanent
    ipv6_off "$A" a0
    ipv6_off "$B" b0
    up "$A" at0
    up "$T" t0
    # copies come from the address of what is mirrored, whatever interface they leave by
    in_host "$T" sh -c 'echo 0 | tee /proc/sys/net/ipv4/conf/*/rp_filter >/dev/null'
    in_host "$T" ip route add 10.9.1.0/24 via 10.9.3.1
    in_host "$A" ip link add vx0 type vxlan id $VNI local 10.9.1.1 remote 10.9.3.2 \
        dstport 4789 srcport 65408 65535 dev at0
    in_host "$A" ip link set vx0 mtu "$mtu" gso_max_segs 1
    # what the host itself would say on the mirror's own device is no copy of anything
    ipv6_off "$A" vx0
    in_host "$A" ip link set vx0 arp off up
    until_true 'the link to T does not come up' carriers "$A" at0 "$T" t0
    in_host "$A" tc qdisc add dev a0 clsact
    for family in "${FAMILIES[@]}"; do
        tap ingress "$family"
        tap egress "$family"
    done
}

# Each family and direction has a filter of its own, with a counter that is known by its number.
FAMILIES=(ip ipv6 arp all)

tap_number() {
    local i direction=0
    [ "$1" = ingress ] || direction=1
    for i in "${!FAMILIES[@]}"; do
        [ "${FAMILIES[i]}" != "$2" ] || echo $((10 * (i + 1) + direction))
    done
}

tap() {
    local number
    number=$(tap_number "$1" "$2")
    in_host "$A" tc filter add dev a0 "$1" prio "$number" protocol "$2" u32 match u32 0 0 \
        action mirred egress mirror index "$number" dev vx0
}

# tapped ip|ipv6|arp|all: packets of this family, both directions; all: of no other one
tapped() {
    local direction
    for direction in ingress egress; do
        in_host "$A" tc -s actions get action mirred index "$(tap_number $direction "$1")"
    done | awk '$1 == "Sent" { sum += $4 } END { print sum + 0 }'
}

# IPv6 speaks as soon as it can: what it says before a link carries would be mirrored and then lost.
lab_link_up() {
    up "$B" b0
    up "$A" a0
    until_true 'the link to B does not come up' carriers "$A" a0 "$B" b0
    ipv6_on "$B" b0 fd00:9:1::2
    ipv6_on "$A" a0 fd00:9:1::1
}

ipv6_off() {
    in_host "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6"
}

ipv6_on() {
    in_host "$1" sh -c "echo 0 >/proc/sys/net/ipv6/conf/$2/disable_ipv6"
    in_host "$1" ip address add "$3/64" dev "$2" nodad
}

# carriers HOST IF HOST IF: the state is "up" once packets are no longer thrown away.
carriers() {
    [ "$(in_host "$1" cat "/sys/class/net/$2/operstate")" = up ] &&
        [ "$(in_host "$3" cat "/sys/class/net/$4/operstate")" = up ]
}

# From here on nothing is said on a0: nobody leaves a group, and no neighbour is asked whether it is
# still there. All counters stand once they stood for a moment.
lab_quiet() {
    local before='' now=start
    ipv6_off "$A" a0
    ipv6_off "$B" b0
    in_host "$A" ip neigh flush dev a0
    in_host "$B" ip neigh flush dev b0
    while [ "$before" != "$now" ]; do
        before=$now
        sleep 0.3
        now=$(counter "$A" a0 rx_packets)/$(counter "$A" a0 tx_packets)/$(counter "$T" t0 rx_packets)
    done
}

# ---- the program --------------------------------------------------------------------------------

# mirrortop_start NAME WAIT OPTION...: in T; its id goes to $mirrortop. WAIT: listen or packet, the
# socket by which one knows that it receives, or none. As another user: as_user=(setpriv ...).
as_user=()
program=$MIRRORTOP
mirrortop_start() {
    local name=$1 waits=$2
    shift 2
    # the end that it has whatever happens is a bound for the test, not its subject
    in_background "$T" "$name" "${as_user[@]}" env --default-signal "$program" \
        --batch=json --duration="$LIFE" "$@"
    mirrortop=$background
    [ "$waits" = none ] || until_true "$name: does not receive" receives "$mirrortop" "$waits"
}

receives() {
    is_running "$1" || fail 'mirrortop ended early'
    # it has opened everything and catches signals once its threads run
    [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -ge 3 ] || return
    case $2 in
    listen) receives_port ;;
    packet) captures_on t0 ;;
    esac
}

# captures_on IF: a packet socket in T is bound to it (the fifth column is the device's number).
captures_on() {
    local number
    number=$(in_host "$T" cat "/sys/class/net/$1/ifindex" 2>/dev/null) || return 1
    in_host "$T" cat /proc/net/packet | awk -v n="$number" '$5 == n { found = 1 } END { exit !found }'
}

is_running() {
    kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# ended PID: waits for its end, bounded; its exit status goes to $status.
ended() {
    until_true "process $1 does not end" has_ended "$1"
    wait "$1"
    status=$?
}

has_ended() {
    ! is_running "$1"
}

# mirrortop_stop NAME [SIGNAL]: it gives its report (checked to be one) in $work/NAME.out
mirrortop_stop() {
    kill "-${2:-INT}" "$mirrortop" || fail "mirrortop is gone"
    ended "$mirrortop"
    [ "$status" = 0 ] || fail "mirrortop ended with status $status on SIG${2:-INT}"
    report "$1" 1 >/dev/null || fail "$1: no report"
}

# report NAME EXPRESSION: of the last JSON object that it printed. See report.py.
report() {
    python3 "$LIVE/report.py" "$work/$1.out" "$2"
}

# same WHAT EXPECTED GOT
same() {
    [ "$2" = "$3" ] || fail "$1: expected $2, got $3"
}

at_least() {
    [ "$3" -ge "$2" ] || fail "$1: expected at least $2, got $3"
}

at_most() {
    [ "$3" -le "$2" ] || fail "$1: expected at most $2, got $3"
}

# says NAME PATTERN: standard error has it.
says() {
    grep -qE -- "$2" "$work/$1.err" || fail "$1: does not say '$2'"
}

# All that was sent was counted or is in a counter of losses.
all_accounted() {
    local name=$1 packets=$2
    same 'packets counted and dropped' "$packets" \
        "$(report "$name" 'packets + kernel_drops + queue_drops')"
    same 'mirrored and not' "$(report "$name" packets)" \
        "$(report "$name" 'mirrored + not_mirrored')"
}

# as_nobody: what starts from now on is nobody, of no group, and can never get a capability but
# those that its file gives.
as_nobody() {
    cp "$MIRRORTOP" "$work/mirrortop"
    chmod 755 "$work/mirrortop"
    program=$work/mirrortop
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
}

# capabilities PID: how many sets of its threads' capabilities are not empty (the bounding set only
# limits what could be gained).
capabilities() {
    cat /proc/"$1"/task/*/status |
        awk '/^Cap[IPEA]/ && $2 !~ /^0+$/ { n++ } END { print n + 0 }'
}

# memory_kb PID VmRSS|VmHWM
memory_kb() {
    awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# The receive queues of the port in T, fifth column after the colon, hold nothing.
socket_is_empty() {
    in_host "$T" cat /proc/net/udp /proc/net/udp6 |
        awk '$2 ~ /:12B5$/ && $5 !~ /:00000000$/ { n++ } END { exit n != 0 }'
}

receives_port() {
    in_host "$T" cat /proc/net/udp /proc/net/udp6 | grep -q ':12B5 '
}

# counted_so_far N: the last line of --interval says so many.
counted_so_far() {
    [ -s "$work/live.out" ] && [ "$(report live packets 2>/dev/null || echo 0)" -ge "$1" ]
}

disk_is_full() {
    [ "$(in_host "$T" df --output=avail "$work/small" | tail -n 1)" -eq 0 ]
}

# ---- the screen ---------------------------------------------------------------------------------

# screen_start listen|packet OPTION...: the program on a terminal of its own, in T, exporting its
# flows. $terminal reads what it writes into $work/screen, and types what is written into $work/keys.
screen_start() {
    local waits=$1
    shift
    mkfifo "$work/keys"
    background python3 "$LIVE/terminal.py" "$work/screen" "$work/keys" \
        nsenter --target "$T" --net --mount env TERM=xterm-256color "$MIRRORTOP" "$@" \
        --export="csv:$work/flows.csv" >"$work/terminal.out" 2>"$work/terminal.err"
    # shellcheck disable=SC2034 # for the cases
    terminal=$background
    until_true 'no process on the terminal' test -s "$work/terminal.out"
    mirrortop=$(cat "$work/terminal.out")
    until_true 'it does not receive' receives "$mirrortop" "$waits"
    until_true 'nothing on the screen' test -s "$work/screen"
}

screen_grows() {
    [ "$(stat -c %s "$work/screen")" -gt "$1" ]
}

screen_quit() {
    echo q >"$work/keys"
    until_true 'it does not end' has_ended "$mirrortop"
}

# Packets of all flows that were exported, both directions.
exported_packets() {
    python3 -c '
import csv, sys
with open(sys.argv[1], newline="") as file:
    print(sum(int(f["src_packets"]) + int(f["dst_packets"]) for f in csv.DictReader(file)))
' "$work/flows.csv"
}
