#!/bin/sh
# An intruder who is root on a client: sh wipe.sh SERVER REPOSITORY. Tries whatever could remove or
# change what is stored there, with the client's own key and password, and prints how it ended.
exec 2>&1
server=$1
secrets=/etc/socle/backup-secrets.json
options="-F /dev/null -i /etc/socle/backup_ed25519 -o BatchMode=yes"
options="$options -o UserKnownHostsFile=/etc/socle/backup_known_hosts"
access="ssh $options -l socle-backup $server"
python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["passwords"][sys.argv[2]])' \
    "$secrets" "$2" >/tmp/pw

restic_there() {
    timeout 25 restic -r rclone:socle: -p /tmp/pw -o rclone.program="$access" "$@"
}
try() {
    restic_there "$@" >/dev/null 2>&1
    echo "restic $1: code $?"
}
field() { python3 -c 'import json, sys; print(*[one[sys.argv[1]] for one in json.load(sys.stdin)])' "$1"; }

ids=$(restic_there snapshots --json --no-lock 2>/dev/null | field id)
key=$(restic_there key list --json 2>/dev/null | field id)
[ -n "$ids" ] && [ -n "$key" ] || exit 1
# shellcheck disable=SC2086 # several ids
try forget $ids
try forget --keep-within 1s --prune
try prune
try unlock --remove-all
try key remove "$key"

for words in "rm -rf /srv/socle-backup" "rclone purge /srv/socle-backup" "sh -c 'rm -rf ~/*'"; do
    # shellcheck disable=SC2086 # several words
    timeout 10 $access "$words" </dev/null >/dev/null
    echo "ssh: code $?"
done
printf 'rm %s\n' config imagerie/config /srv/socle-backup/imagerie/config >/tmp/batch
# shellcheck disable=SC2086
timeout 10 sftp $options -b /tmp/batch "socle-backup@$server" >/dev/null
echo "sftp: code $?"
# shellcheck disable=SC2086
timeout 10 $access -N -o ExitOnForwardFailure=yes -R 4022:127.0.0.1:22 </dev/null
echo "forwarding: code $?"

# The protocol itself, verb by verb.
cat >/tmp/bridge.py <<'END'
import socket, subprocess, sys
server = socket.socket(socket.AF_UNIX)
server.bind("/tmp/rest.sock")
server.listen()
while True:
    link, _ = server.accept()
    subprocess.Popen(sys.argv[1:], stdin=link, stdout=link)
    link.close()
END
rm -f /tmp/rest.sock
# shellcheck disable=SC2086
python3 /tmp/bridge.py $access &
bridge=$!
while ! [ -S /tmp/rest.sock ]; do sleep 0.1; done
ask() {
    curl --silent --max-time 10 --http2-prior-knowledge --path-as-is --unix-socket /tmp/rest.sock "$@"
}
verb() {
    ask --output /dev/null --write-out "$1 ${2%%/*}: %{http_code}\n" \
        --request "$1" --data-binary garbage "http://x/$2"
}
for kind in snapshots keys index data; do
    for id in $(ask "http://x/$kind/" -H "Accept: application/vnd.x.restic.rest.v2" | field name); do
        for word in DELETE POST PUT; do verb "$word" "$kind/$id"; done
    done
done | sort | uniq -c
for word in DELETE POST PUT; do
    for path in config "" "?create=true" ../config ../medecin/config %2e%2e/imagerie/config; do
        verb "$word" "$path"
    done
done
# What append-only cannot refuse: false files under new names.
for kind in index keys snapshots locks; do
    name=$(head -c 32 /dev/urandom | sha256sum | cut -c 1-64)
    printf 'false %s\n' "$(verb POST "$kind/$name")"
done
kill "$bridge"
