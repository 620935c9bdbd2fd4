#!/bin/sh
# What apt would remove with the packages $@, and what a machine's network may hang on. Read-only.
# Prints "remove PACKAGE", "manual PACKAGE" (of those, installed by name), "active UNIT", or
# "error WHY"; nothing where none of the packages is installed.
export LC_ALL=C
removal() {
    installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^.i. *\(.*\)/\1-/p')
    [ -n "$installed" ] || return 0
    # shellcheck disable=SC2086 # one word a package
    said=$(apt-get -s -qq --yes --purge install $installed 2>&1) ||
        { echo "error $(echo "$said" | sed -n 's/^E: //p' | tail -n 1)"; return 0; }
    gone=$(echo "$said" | sed -n 's/^\(Remv\|Purg\) \([^ ]*\).*/\2/p' | sort -u)
    echo "$gone" | sed 's/^./remove &/'
    # shellcheck disable=SC2086
    [ -z "$gone" ] || apt-mark showmanual $gone | sed 's/^/manual /'
    systemctl list-units --state=active --plain --no-legend --no-pager | awk '{print "active", $1}'
}
removal "$@"
