#!/bin/sh
# A vendor of ready-made computers adds its name to Debian's, with blank lines and letters of its own.
rm /etc/os-release
{
    cat /usr/lib/os-release
    printf '\n# ajout du fournisseur\nVARIANT="Poste m\351dical"\nVARIANT_ID=poste\nSUPPORT_URL=\n'
} >/etc/os-release
