#!/bin/sh
# Runs many commands side by side at low priority, each for its own time, and prints a tar.gz of
# what they said. $1: seconds for all of them; $2: bytes of each output, the rest is cut off.
# Standard input: lines up to the mark (a password
# that sudo did not ask for may be among them), then a tar.gz with the files NUMBER.words, and
# `order` with a line "NUMBER SECONDS KIND" for each. What is not done in time is left out.
while IFS= read -r line && [ "$line" != SOCLE-BATCH ]; do :; done
folder=$(install -d -m 700 /run/socle && mktemp -d -p /run/socle batch.XXXXXXXX) 2>/dev/null ||
    folder=$(mktemp -d -t socle.XXXXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
tar -xzf - -C "$folder" || exit 1
# shellcheck disable=SC2016 # expanded by the inner shells
one='
folder=$1 most=$2 number=$3 seconds=$4 kind=$5
started=$(date +%s%N)
run() {
    if [ "$kind" = script ]; then
        timeout --kill-after=2 "$seconds" /bin/sh -s <"$folder/$number.words"
    else
        words=$(cat "$folder/$number.words"; echo .)
        timeout --kill-after=2 "$seconds" /bin/sh -c "exec </dev/null
${words%.}"
    fi 3>&-
    echo "$? $started $(date +%s%N)" >"$folder/$number.end"
}
{ run 2>&1 >&3 | head -c "$most" >"$folder/$number.err"; } 3>&1 | head -c "$most" >"$folder/$number.out"
'
timeout "$1" nice -n 10 xargs -P 4 -n 3 /bin/sh -c "$one" sh "$folder" "$2" <"$folder/order" >&2
cd "$folder" && set -- *.end && [ -e "$1" ] && tar -czf - -- *.out *.err "$@"
