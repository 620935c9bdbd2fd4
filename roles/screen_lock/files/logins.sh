#!/bin/sh
# What opens a session without a password, or shows who has an account: one read-only command.
# Display managers' own files and answers, and every console and service as systemd merged it.
export LC_ALL=C
exec 2>/dev/null

section() { printf '== %s\n' "$1"; }

# Each line after the name of its file. In the order in which the programs read them.
section files
for file in /etc/gdm3/*.conf /etc/gdm/*.conf /run/gdm3/*.conf /run/gdm/*.conf \
    /usr/share/lightdm/lightdm.conf.d/*.conf /usr/local/share/lightdm/lightdm.conf.d/*.conf \
    /etc/xdg/lightdm/lightdm.conf.d/*.conf /etc/lightdm/lightdm.conf.d/*.conf \
    /etc/lightdm/lightdm.conf \
    /usr/lib/sddm/sddm.conf.d/* /usr/local/lib/sddm/sddm.conf.d/* /etc/sddm.conf.d/* \
    /etc/sddm.conf /etc/greetd/*.toml /etc/lxdm/*.conf /etc/slim.conf /etc/default/nodm \
    /etc/nodm.conf /etc/ly/config.ini; do
    [ ! -f "$file" ] || awk '!/^[ \t]*(#|$)/ { print FILENAME "\t" $0 }' "$file"
done

# systemd hands credentials to consoles: with these, agetty and login ask nobody.
section credentials
credential='(agetty\.autologin|login\.noauth)'
for store in /etc/credstore /etc/credstore.encrypted /run/credstore /run/credstore.encrypted \
    /usr/local/lib/credstore /usr/lib/credstore /run/credentials/@system; do
    find "$store" -mindepth 1 | grep -E "$credential\$"
done
grep -rlE "^[^#;]*$credential" /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system

section lightdm
! command -v lightdm >/dev/null || env -i PATH="$PATH" timeout 10 lightdm --show-config 2>&1

# Which program shows the greeter: the unit that display-manager.service is a link to.
section manager
readlink -f /etc/systemd/system/display-manager.service
systemctl show --property=ExecStart,Environment display-manager.service

# Every console that may be asked for, those that nobody uses now included; and the services that
# take a console or open a session. What other services are started with is nobody's business here.
section units
consoles=$(for folder in /etc /run /usr/local/lib /usr/lib; do
    ls "$folder/systemd/system" "$folder"/systemd/system/*.wants
done | sed -nE 's/^((autovt|[a-z-]*getty|kmsconvt)(@[A-Za-z0-9:_.-]+)?\.service)(\.d)?$/\1/p' | sort -u)
# shellcheck disable=SC2086 # names without blanks
systemctl show --property=Id,LoadState,UnitFileState,ActiveState,ExecStart,User,PAMName,TTYPath \
    --property=StandardInput \
    getty@tty1.service getty@tty2.service getty@tty3.service getty@tty4.service \
    getty@tty5.service getty@tty6.service autovt@tty1.service autovt@tty2.service \
    autovt@tty3.service autovt@tty4.service autovt@tty5.service autovt@tty6.service \
    serial-getty@ttyS0.service container-getty@1.service console-getty.service \
    debug-shell.service $consoles '*.service' |
    awk 'BEGIN { RS = ""; ORS = "\n\n" }
        /(^|\n)(PAMName=[^\n]|TTYPath=[^\n]|StandardInput=tty|Id=debug-shell)|getty|autovt|kmsconvt|bin\/login/'

# What may keep sessions open before sleep, though the unit is there: conditions and their like.
section sleep
sleep_unit() { # INTERFACE PROPERTY...
    interface=$1 && shift
    busctl get-property org.freedesktop.systemd1 \
        /org/freedesktop/systemd1/unit/socle_2dlock_2dsleep_2eservice \
        "org.freedesktop.systemd1.$interface" "$@"
}
sleep_unit Unit Conditions Asserts
sleep_unit Service ExecCondition ExecStartPre
section targets # what closing the lid may lead to
systemctl show --property=Id,LoadState suspend.target systemd-suspend.service hibernate.target \
    systemd-hibernate.service poweroff.target
systemd-analyze cat-config systemd/sleep.conf | grep -E '^[[:space:]]*Allow(Suspend|Hibernation)[[:space:]]*='
section inhibitors
busctl --json=short call org.freedesktop.login1 /org/freedesktop/login1 \
    org.freedesktop.login1.Manager ListInhibitors
section end
