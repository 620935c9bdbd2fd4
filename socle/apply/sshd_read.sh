#!/bin/sh
# What the running sshd has read, and what waits to be read: a change of somebody else's that nobody has
# got in by yet, and that nothing could bring back. Sourced behind guard.sh.
#   ssh_note           before the first change: notes what sshd has read, if nothing waits to be read
#   ssh_untried USER   before a reload: one sentence, or nothing; what the guard protects is ours
# The note: "REAL MONOTONIC", microseconds of sshd's last reading, then what it read (ssh_contents).
ssh_known=/var/lib/socle/sshd-read

# Our own change makes its folder newer too. The note of a reading stays: by it alone what a killed run
# of ours left, or the guard put back, is known from a stranger's change.
ssh_note() {
    at=$(ssh_read_at) && [ "$(head -n 1 "$ssh_known" 2>/dev/null)" != "$at" ] || return 0
    names=$(ssh_names) && listed=$(ssh_contents "$names") || return 0
    newer=$(ssh_newer "$at" "$names") || return 0
    [ -z "$(printf '%s\n' "$newer" | sed 's/^file //' | ssh_not_ours)" ] || return 0
    (umask 077 && mkdir -p "${ssh_known%/*}" && printf '%s\n' "$at" "$listed" >"$ssh_known.new") &&
        mv -f "$ssh_known.new" "$ssh_known"
}

ssh_untried() {
    if ! at=$(ssh_read_at) || ! names=$(ssh_names) || ! listed=$(ssh_contents "$names"); then
        echo "nobody can tell what sshd reads, and since when (sshd -T -ddd, systemctl show ssh.service)," \
            "so nobody knows whether it lets $1 in"
        return
    fi
    if [ "$(head -n 1 "$ssh_known" 2>/dev/null)" = "$at" ]; then
        theirs=$({ tail -n +2 "$ssh_known"; printf '%s\n' "$listed"; } | sort | uniq -u | cut -d' ' -f2- | ssh_not_ours)
        [ -n "$theirs" ] || return 0
    else
        theirs=$(ssh_named "$(ssh_newer "$at" "$names")")
    fi
    echo "sshd has not read $(echo "${theirs:-its files}" | sed '$!s/$/,/' | tr '\n' ' ')since somebody" \
        "changed it, so nobody knows whether it lets $1 in: undo it or keep it, reload sshd in a" \
        "session that stays open, log in anew, and apply again"
}

# What came later, as people name it: files, else folders in which something came or went; the folder of
# our own change only where nothing else is left to name.
ssh_named() {
    printf '%s\n' "$1" | sed -n 's/^file //p' | ssh_not_ours | grep . && return
    folders=$(printf '%s\n' "$1" | sed -n '/^file /!s/^[a-z]* /what is in /p' | sort -u)
    ours=$(sed 's,/[^/]*$,,; s/^/what is in /' "${guard:?}/paths" 2>/dev/null)
    echo "$folders" | grep -vxF "$ours" || echo "$folders"
}

# When sshd last read its files, by both clocks. A reload that failed has read nothing.
ssh_read_at() {
    unit=$(systemctl show --timestamp=us+utc ssh.service --property=ReloadResult,StateChangeTimestamp \
        --property=StateChangeTimestampMonotonic,ActiveEnterTimestamp,ActiveEnterTimestampMonotonic)
    last=ActiveEnterTimestamp
    case $unit in *ReloadResult=success*) last=StateChangeTimestamp ;; esac
    monotonic=$(echo "$unit" | sed -n "s/^${last}Monotonic=//p")
    [ "${monotonic:-0}" -gt 0 ] && echo "$(date -d "$(echo "$unit" | sed -n "s/^$last=//p")" +%s%6N) $monotonic"
}

# sshd -T, with the options of the sshd that runs: a reload keeps them.
ssh_asked() {
    pid=$(systemctl show --value --property=MainPID ssh.service)
    # shellcheck disable=SC2046 # a word each
    sshd $(tr '\0' ' ' <"/proc/${pid:-0}/cmdline" 2>/dev/null | sed -n 's/^sshd: [^ ]*\(.*\) \[listener\].*/\1/p') -T "$@"
}

# Where sshd looks when it reads: "config PATH", "include PATTERN", "key PATH" (its own keys).
ssh_names() {
    said=$(ssh_asked -ddd 2>&1) && printf '%s\n' "$said" | tr -d '\r' | sed -n \
        -e 's/^debug2: load_server_config: filename /config /p' \
        -e 's/^debug2: .* line [0-9]*: new include /include /p' \
        -e 's/^hostkey \(.*\)/key \1\nkey \1.pub/p' -e 's/^hostcertificate /key /p' | sort -u
}

# "DIGEST:MODE:UID PATH" of each file, "absent PATH"; fails where one is not said, or not under its own name.
ssh_contents() {
    said=$(printf '%s\n' "$1" | grep -v '^include ' | while read -r kind path; do
        if [ -f "$path" ]; then
            printf '%s\n' "$path"
        elif [ "$kind" = config ]; then
            exit 1
        else
            printf 'absent %s\n' "$path"
        fi
    done) && printf '%s\n' "$1" | grep -q '^config ' || return 1
    # All at once: a program or two for each file are most of the time on a slow host.
    {
        printf '%s\n' "$said"
        printf '%s\n' "$said" | grep '^/' | tr '\n' '\0' | xargs -0 sha256sum -z -- | tr '\0' '\n'
        printf '%s\n' "$said" | grep '^/' | tr '\n' '\0' | xargs -0 stat -L -c ':%a:%u %n' --
    } | awk '
        /^absent / { print }
        /^[0-9a-f]/ && length($1) == 64 { digest[substr($0, 67)] = $1 }
        /^\// { left++ }
        /^:/ { path = substr($0, index($0, " ") + 1); left -= path in digest; print digest[path] $0 }
        END { exit left != 0 }'
}

# ssh_newer "REAL MONOTONIC" NAMES: "file PATH", "folder PATH", "above PATH" that came later.
ssh_newer() {
    since=$(ssh_since "${1% *}" "${1#* }")
    way=$(printf '%s\n' "$2" | while read -r kind path; do
        if [ "$kind" = include ]; then ssh_folders "$path"; else ssh_way file "$path"; fi
    done | sort -u)
    # shellcheck disable=SC2185 # the paths come by standard input
    later=$(printf '%s\n' "$way" | cut -d' ' -f2- | sort -u | tr '\n' '\0' |
        find -files0-from - -maxdepth 0 -newerct "@$since" -printf '%C@ %T@ %p\n') || return 1
    # What comes into a folder above changes both its times; another folder in its place only the first.
    printf '%s\n\n%s\n' "$later" "$way" | awk '
        !NF { way = 1; next }
        !way { path = $0; sub(/^[^ ]* [^ ]* /, "", path); changed[path] = 1; into[path] = $1 == $2; next }
        { path = substr($0, index($0, " ") + 1) }
        path in changed && !($1 == "above" && into[path])'
    ssh_mounted "${1#* }" "$way" | while read -r path; do
        printf '%s\n' "$way" | grep -xF -e "file $path" -e "folder $path" -e "above $path" || :
    done
}

# That time as files have it: less what their clock is behind; earlier where it was set back since.
ssh_since() {
    since=$1 now=$(date +%s%6N)
    up=$(sed -n '/^now at/{s/[^0-9]*\([0-9]*\)... nsecs.*/\1/p;q}' /proc/timer_list 2>/dev/null)
    [ -z "$up" ] || [ $((now - up + $2 + 1000000)) -gt "$since" ] || since=$((now - up + $2))
    since=$((since - 10000))
    printf '%d.%06d\n' $((since / 1000000)) $((since % 1000000))
}

# What was mounted later, of the mounts whose names begin as the way does: asking about all takes long.
ssh_mounted() {
    printf '%s\n' "$2" | cut -d/ -f2 | sed 's/[^A-Za-z0-9_].*//; s/$/*.mount/' | sort -u |
        xargs systemctl show --property=Where,ActiveEnterTimestampMonotonic | awk -F= -v since="$1" '
        $1 == "Where" { where = substr($0, 7) }
        $1 == "ActiveEnterTimestampMonotonic" { later = $2 > since }
        !NF { if (later) print where; later = 0 }
        END { if (later) print where }'
}

# The folders in which names that fit a pattern are looked for; a name alone is looked for as such.
ssh_folders() (
    IFS='' folder=$1
    case $folder in *[*?[]*) ;; *) ssh_way file "$folder" && return ;; esac
    while [ -n "$folder" ]; do
        folder=${folder%/*}
        for found in $folder; do
            [ ! -d "$found" ] || ssh_way folder "$found"
        done
        case $folder in *[*?[]*) ;; *) [ ! -d "$folder" ] || return 0 ;; esac
    done
)

# ssh_way KIND PATH LINKS: a path, each link on the way to it and what that leads to, the folders
# above; for what is missing, the folder that it would be in. LINKS: how many were followed.
ssh_way() (
    kind=$1 path=$2
    while [ -n "$path" ]; do
        if [ -L "$path" ]; then
            echo "file $path"
            to=$(readlink "$path")
            case $to in /*) ;; *) to=${path%/*}/$to ;; esac
            [ "${3:-0}" -gt 9 ] || ssh_way "$kind" "$to" $((${3:-0} + 1))
            kind=above
        elif [ -e "$path" ]; then
            echo "$kind $path"
            kind=above
        else
            kind=folder
        fi
        path=${path%/*}
    done
)

# Of paths, one a line, those that we did not write under the guard.
ssh_not_ours() {
    if [ -s "${guard:?}/paths" ]; then sort -u | grep -vxF -f "$guard/paths"; else sort -u; fi
}
