#!/bin/bash
# Tries this example on one machine, as root: three members of etcd, three of Patroni with PostgreSQL, on 127.0.0.11 to
# 127.0.0.13, from the files beside this one. Kills the primary's machine with all it runs, several times, while four
# writers write, and says how long nothing was acknowledged and how much of what was acknowledged is lost (0).
#   PATRONI=/opt/patroni/bin deploy/try.sh [KILLS]      HOLD=1 leaves it running until Enter, before the kills.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kills=${1:-3}
patroni=${PATRONI:-/opt/patroni/bin}
bin=${POSTGRES:-/usr/lib/postgresql/15/bin}
writers=
room=$(mktemp -d /tmp/jindu-deploy-XXXXXX)
chmod 755 "$room"

stop_all() {
    trap - EXIT
    kill $writers 2>/dev/null || true
    for n in 1 2 3; do kill_machine $n; done
    sleep 1
    rm -rf "$room"
}

# Whatever a machine runs, at once.
kill_machine() {
    local postmaster pids
    postmaster=$(head -1 "$room/$1/data/postmaster.pid" 2>/dev/null || true)
    pids="$(cat "$room/$1/etcd.pid" "$room/$1/patroni.pid" 2>/dev/null || true) $postmaster"
    [ -z "$postmaster" ] || pids="$pids $(pgrep -P "$postmaster" || true)"
    kill -9 $pids 2>/dev/null || true
}

certificates() {
    cd "$room/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trial \
        -keyout ca.key -out ca.pem 2>/dev/null
    for n in 1 2 3; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=node$n" -keyout "$n.key" 2>/dev/null |
            openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$n.pem" \
                -extfile <(echo "subjectAltName=IP:127.0.0.1$n,IP:127.0.0.1") 2>/dev/null
    done
    cd /
}

# The files of the example with this machine's addresses and folders instead of theirs.
adapt() {
    sed -E -e "s#192\.0\.2\.1[0-9]/32#127.0.0.0/8#; s#node1=https#NODE1=https#" \
        -e "s#node([123])\.example\.org#127.0.0.1\1#g; s#192\.0\.2\.1([123])#127.0.0.1\1#g" \
        -e "s#/etc/jindu/(etcd|postgres)-tls/ca\.pem#$room/tls/ca.pem#" \
        -e "s#/etc/jindu/(etcd|postgres)-tls/node#$room/tls/$1#" \
        -e "s#/var/lib/etcd/jindu#$room/$1/etcd#; s#/var/lib/postgresql/15/jindu#$room/$1/data#" \
        -e "s#/run/patroni#$room/$1/run#; s#/usr/lib/postgresql/15/bin#$bin#" \
        -e "s#shared_buffers: .*#shared_buffers: 64MB#" "$here/$2" |
        if [ "$2" = node.env ]; then sed -E "s#node1#node$1#; s#127\.0\.0\.11#127.0.0.1$1#"; else sed "s#NODE1=#node1=#"; fi
}

start_machine() {
    local dir=$room/$1
    mkdir -p "$dir/run"
    chown -R postgres "$dir" "$room/tls"
    for file in node.env etcd.env patroni.yml; do adapt "$1" $file >"$dir/$file"; done
    printf 'PATRONI_SUPERUSER_PASSWORD=trial-one\nPATRONI_REPLICATION_PASSWORD=trial-two\n' >"$dir/secrets.env"
    # shellcheck disable=SC2016
    runuser -u postgres -- bash -c 'set -a; . "$0/node.env"; . "$0/etcd.env"; cd /; echo $$ >"$0/etcd.pid"
        exec etcd' "$dir" >>"$dir/etcd.log" 2>&1 &
    # shellcheck disable=SC2016
    runuser -u postgres -- bash -c 'set -a; . "$0/node.env"; . "$0/secrets.env"; cd /; echo $$ >"$0/patroni.pid"
        exec "$1/patroni" "$0/patroni.yml"' "$dir" "$patroni" >>"$dir/patroni.log" 2>&1 &
}

ask_member() { runuser -u postgres -- "$bin/psql" -h "$room/$1/run" -XAtqc "$2" postgres 2>/dev/null; }

primary() {
    for n in 1 2 3; do
        [ "$(ask_member $n 'SELECT pg_is_in_recovery()')" != f ] || { echo $n; return; }
    done
}

streaming() { [ "$(ask_member "$1" "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'")" = 2 ]; }

until_whole() {
    for _ in $(seq 600); do
        now=$(primary)
        if [ -n "$now" ] && streaming "$now"; then return; fi
        sleep 0.2
    done
    tail -n 5 "$room"/?/*.log >&2
    echo "not whole after two minutes" >&2
    exit 1
}

url="host=127.0.0.11,127.0.0.12,127.0.0.13 dbname=jindu user=jindu target_session_attrs=read-write"
url="$url connect_timeout=2 sslmode=verify-full sslrootcert=$room/tls/ca.pem password=trial-three"

# Writes one number after the other; notes each with its moment once it is acknowledged.
writer() {
    local number=$1
    while [ ! -e "$room/stop" ]; do
        if "$bin/psql" "$url" -XAtqc "INSERT INTO acknowledged VALUES ($number)" 2>>"$room/refused"; then
            echo "$(date +%s.%N) $number" >>"$room/acknowledged.$1"
        fi
        number=$((number + 4))
    done
}

trap stop_all EXIT INT TERM
mkdir "$room/tls"
certificates
for n in 1 2 3; do start_machine $n; done
until_whole
lead=$(primary)
ask_member "$lead" "CREATE ROLE jindu LOGIN PASSWORD 'trial-three'"
runuser -u postgres -- "$bin/createdb" -h "$room/$lead/run" --template template0 --encoding UTF8 --locale C --owner jindu jindu
# A standby that does not know the database yet refuses, and the next is not asked.
until "$bin/psql" "$url" -XAtqc "CREATE TABLE acknowledged (number BIGINT PRIMARY KEY)" 2>>"$room/refused"; do sleep 0.2; done
echo "node$lead takes changes; synchronous_standby_names = $(ask_member "$lead" 'SHOW synchronous_standby_names')"
if [ -n "${HOLD:-}" ]; then echo "$room"; read -r _; fi
for w in 1 2 3 4; do
    writer $w &
    writers="$writers $!"
done
for kill in $(seq "$kills"); do
    sleep 5
    lead=$(primary)
    leader=$(for n in 1 2 3; do
        ETCDCTL_API=3 etcdctl --endpoints "https://127.0.0.1$n:2379" --cacert "$room/tls/ca.pem" --cert "$room/tls/$n.pem" \
            --key "$room/tls/$n.key" endpoint status -w fields 2>/dev/null |
            awk '/"MemberID"/ {m=$3} /"Leader"/ {l=$3} END {exit m != l}' && echo $n || true
    done)
    at=$(date +%s.%N)
    kill_machine "$lead"
    for _ in $(seq 600); do
        next=$(cat "$room"/acknowledged.* | awk -v at="$at" '$1 > at + 1 && (!n || $1 < n) {n = $1} END {print n}')
        [ -z "$next" ] || break
        sleep 0.1
    done
    echo "kill $kill: node$lead dead (etcd's leader was node$leader), writes again after" \
        "$(awk -v a="$at" -v b="$next" 'BEGIN {printf "%.1f", b - a}') s from node$(primary)," \
        "synchronous_standby_names = $(ask_member "$(primary)" 'SHOW synchronous_standby_names')"
    start_machine "$lead"
    until_whole
    echo "  node$lead is back after $(awk -v a="$at" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}') s"
done
touch "$room/stop"
sleep 1
cat "$room"/acknowledged.* | cut -d' ' -f2 | sort -u >"$room/told"
"$bin/psql" "$url" -XAtqc "SELECT number FROM acknowledged" | sort -u >"$room/kept"
echo "acknowledged $(wc -l <"$room/told"), lost $(comm -23 "$room/told" "$room/kept" | wc -l)"
