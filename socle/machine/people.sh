#!/bin/sh
# Who has an account here, and what lets somebody in: one read-only command.
# Of passwords nothing is printed but whether there is one. Nor are full names: people choose those.
export LC_ALL=C
exec 2>/dev/null

section() { printf '== %s\n' "$1"; }

state='function state(word) {
    return word == "" ? "empty" : word ~ /^[!*]/ ? "locked" : word == "x" ? "shadow" : "set"
}'

# The lines of a file of PAM, each after the name of its service. A tab between: what stands after
# "passwd:" would be masked in evidence.
rules() { sed "/^[[:space:]]*#/d; /^[[:space:]]*\$/d; s|^|${1##*/}\t|" "$1"; }

section passwd # NAME:STATE:UID:GID:HOME:SHELL
getent passwd | awk -F: "$state"' { print $1 ":" state($2) ":" $3 ":" $4 ":" $6 ":" $7 }'
section shadow # NAME:STATE
getent shadow | awk -F: "$state"' { print $1 ":" state($2) }'
section group # NAME:GID:MEMBERS
getent group | cut -d: -f1,3,4
section pam # SERVICE, tab, LINE; a file in /etc beats its vendor's
for file in /etc/pam.d/*; do [ ! -f "$file" ] || rules "$file"; done
for file in /usr/lib/pam.d/*; do
    [ ! -f "$file" ] || [ -e "/etc/pam.d/${file##*/}" ] || rules "$file"
done
section end
