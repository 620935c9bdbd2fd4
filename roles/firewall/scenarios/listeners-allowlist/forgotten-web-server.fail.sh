#!/bin/sh
# A folder shared "for five minutes", in clear text, from a doctor's session.
systemd-run --quiet --unit=forgotten-web-server --working-directory=/srv \
    python3 -m http.server 8000
until ss --no-header --tcp --listening 'sport = 8000' | grep -q .; do sleep 0.1; done
