#!/bin/sh
# What no managed file shows, one line an answer. Read-only, unless it is given the word "mend":
# then it takes automatic logins out of files that are not ours, and leaves the rest of them.

# The file without what opens a session by itself, lets others in from the network, or shows who
# has an account. Switched-off lines stay as comments.
without_autologin() { # FILE
    case $1 in *getty* | *autovt*)
        sed -E '/^[[:space:]]*ExecStart[[:space:]]*=.*agetty/s/[[:space:]]+(-a *|--a[a-z]*[= ]+)[^[:space:]]+//g' "$1"
        return
        ;;
    esac
    awk '
        /^[ \t]*\[/ { section = tolower($0); gsub(/#.*|[] \t\r[]/, "", section) }
        { key = tolower($0); sub(/=.*/, "", key); gsub(/[ \t]/, "", key)
          value = tolower($0); sub(/^[^=]*=/, "", value); gsub(/[ \t\r]/, "", value)
          what = section "." key }
        what ~ /^daemon\.(automatic|timed)login(enable)?$/ ||
        what ~ /^(xdmcp\.enable|(xdmcp|vnc)server\.enabled|autologin\.user)$/ ||
        what ~ /^seat.*\.(autologin-user|autologin-guest|allow-guest)$/ {
            if (value !~ /^(false|no|0)?$/) { print "# Socle: " $0; next } }
        what ~ /^seat.*\.greeter-hide-users$/ && value !~ /^(true|yes|1)$/ { print "# Socle: " $0; next }
        { print }' "$1"
}

login_files() {
    for file in /etc/gdm3/*.conf /etc/gdm/*.conf /run/gdm3/*.conf /run/gdm/*.conf \
        /usr/local/share/lightdm/lightdm.conf.d/*.conf /etc/xdg/lightdm/lightdm.conf.d/*.conf \
        /etc/lightdm/lightdm.conf /etc/lightdm/lightdm.conf.d/*.conf \
        /etc/sddm.conf /etc/sddm.conf.d/* \
        /etc/systemd/system/*getty*.service /etc/systemd/system/*getty*.service.d/*.conf \
        /etc/systemd/system/autovt*.service /etc/systemd/system/autovt*.service.d/*.conf; do
        case $file in */zz-socle.conf) continue ;; esac
        [ ! -f "$file" ] || [ -L "$file" ] || without_autologin "$file" | cmp -s - "$file" ||
            echo "$file"
    done
}

mend() {
    login_files | while read -r file; do
        cp -p "$file" "$file.socle-new" && without_autologin "$file" >"$file.socle-new" &&
            mv -f "$file.socle-new" "$file"
    done
    systemctl daemon-reload
}

if [ "$1" = mend ]; then
    mend
    exit
fi

login_files | sed 's/^/autologin /'

needs() { # PACKAGE PROGRAM
    command -v "$2" >/dev/null || echo "package $1"
}
for backend in /usr/lib/*/gio/modules/libdconfsettings.so; do
    [ ! -e "$backend" ] || { needs dconf-cli dconf && needs libglib2.0-bin gsettings; }
done
for session in /usr/share/xsessions/*.desktop; do
    [ ! -e "$session" ] || { needs xprintidle xprintidle && needs i3lock i3lock; }
    break
done

if command -v dconf >/dev/null && folder=$(install -d -m 700 /run/socle && mktemp -d -p /run/socle); then
    for name in local socle socle-greeter; do
        dconf compile "$folder/db" "/etc/dconf/db/$name.d" &&
            cmp -s "$folder/db" "/etc/dconf/db/$name" || echo "dconf $name"
    done
    rm -r "$folder"
fi

for run in /run/user/*; do
    uid=${run##*/}
    [ "$uid" = '*' ] || [ "$uid" -lt 1000 ] ||
        [ "$(readlink "/run/dconf/user/$uid")" = /etc/dconf/profile/user ] || echo "profile $uid"
done

manager="org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
# shellcheck disable=SC2086 # three words
busctl get-property $manager HandleLidSwitch HandleLidSwitchExternalPower HandleLidSwitchDocked |
    tr -d '\n' | sed 's/^/lid /; s/$/\n/'
# shellcheck disable=SC2086 # before systemd 252 there is no such property
busctl get-property $manager StopIdleSessionUSec | sed 's/^/idle /'

[ -z "$(find /usr/local/lib/socle/screen_lock /etc/socle/screen-lock.json \
    -newer /run/socle-lock/started)" ] || echo "guardian old"
systemctl show --property=NeedDaemonReload 'user-runtime-dir@*' '*getty*' 'socle-lock*' |
    grep -q yes && echo "units old"
:
