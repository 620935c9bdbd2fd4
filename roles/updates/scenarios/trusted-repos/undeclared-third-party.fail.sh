#!/bin/sh
# A browser from its vendor's own repository: signed, useful, and known to nobody else.
echo 'deb [signed-by=/usr/share/keyrings/navigateur.gpg] https://packages.example.com/deb stable main' \
    >/etc/apt/sources.list.d/navigateur.list
