#!/bin/sh
# The dconf databases become what their files say. "dconf update" trusts the files' dates; we do not.
command -v dconf >/dev/null || exit 0 # no desktop here keeps its settings in dconf
for name in local socle socle-greeter; do
    dconf compile "/etc/dconf/db/$name.new" "/etc/dconf/db/$name.d" &&
        mv -f "/etc/dconf/db/$name.new" "/etc/dconf/db/$name" || exit
done
