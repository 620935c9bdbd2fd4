#!/bin/sh
# Has sshd read its files again, unless what they say now would end the way in. Sourced behind guard.sh,
# sshd_read.sh and the function `connection` (connection.sh), under an armed guard: it undoes the change.
#   ssh_reload USER    USER: the account that the operator logs in with
ssh_reload() {
    why=$(ssh_objection "$1" "$(connection)")
    if [ -n "$why" ]; then
        stays=$(guard_back 2>&1) || why="$why; $stays" # without a reload: sshd has not read any of it
        echo "$why" >&2
        return 1
    fi
    echo ssh.service >>"${guard:?}/reload"
    systemctl reload ssh.service || return
    sleep 1 # systemd is told of the reading by sshd itself, a moment later (Debian 13)
    ssh_note
}

# ssh_objection USER "CLIENT PORT SERVER PORT": one sentence, or nothing.
ssh_objection() {
    user=$1
    # shellcheck disable=SC2086 # four words, or none without SSH
    set -- $2
    client=${1:-127.0.0.1} server=${3:-127.0.0.1} port=${4:-}
    mkdir -p /run/sshd
    ask="user=$user,host=$client,addr=$client,laddr=$server,lport=${port:-22}"
    if ! says=$(ssh_asked -C "$ask" 2>&1); then
        echo "sshd refuses its files: $(echo "$says" | tail -n 1)"
        return
    fi
    if [ -n "$port" ] && ! ssh_listens "$server" "$port"; then
        echo "sshd would no longer listen on port $port, where the connection in use is:" \
            "port $(ssh_value port | tr '\n' ' ')stands in $(ssh_files port listenaddress);" \
            "take it back, or go over to it first"
    elif [ "$user" = root ] && [ "$(ssh_value permitrootlogin)" = no ]; then
        ssh_closed PermitRootLogin
    elif [ "$(ssh_value pubkeyauthentication)" = no ]; then
        ssh_closed PubkeyAuthentication
    elif ssh_matches denyusers "$user" || { ssh_value allowusers | grep -q . && ! ssh_matches allowusers "$user"; }; then
        ssh_closed AllowUsers DenyUsers
    elif ssh_group denygroups || { ssh_value allowgroups | grep -q . && ! ssh_group allowgroups; }; then
        ssh_closed AllowGroups DenyGroups
    elif ssh_value authenticationmethods | grep -qvxE 'any|publickey'; then
        ssh_closed AuthenticationMethods
    elif ssh_value forcecommand | grep -qvx none; then
        ssh_closed ForceCommand
    else
        ssh_untried "$user"
    fi
}

ssh_closed() {
    echo "sshd would no longer let $user in: $* in $(ssh_files "$@"); take it back first"
}

# The values of an effective keyword, one a line.
ssh_value() {
    echo "$says" | sed -n "s/^$1 //p"
}

# Where the keywords are set.
ssh_files() {
    for word; do
        grep -lisE "^[[:space:]]*${word}[[:space:]=]" /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
    done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

ssh_listens() {
    systemctl --quiet is-active ssh.socket && return # systemd listens, whatever the files say
    case $1 in *:*) own="[$1]" all="[::]" ;; *) own=$1 all=0.0.0.0 ;; esac
    ssh_value listenaddress | grep -qxF -e "$own:$2" -e "$all:$2"
}

# ssh_matches KEYWORD NAME: whether one of its patterns (an address after @ is left to sshd) is NAME's.
ssh_matches() {
    ssh_value "$1" | {
        while read -r pattern; do
            # shellcheck disable=SC2254 # a pattern
            case $2 in ${pattern%%@*}) exit 0 ;; esac
        done
        exit 1
    }
}

ssh_group() {
    for name in $(id -nG "$user"); do
        ! ssh_matches "$1" "$name" || return 0
    done
    return 1
}
