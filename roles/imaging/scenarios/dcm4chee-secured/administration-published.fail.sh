#!/bin/sh
# lab: imaging
# A stand-in that answers as dcm4chee does, with accounts, and its WildFly published: nobody installs a whole dcm4chee in a test.
cat >/run/dcm4chee-stand-in.py <<'EOF'
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


class StandIn(BaseHTTPRequestHandler):
    def do_GET(self):
        there = self.path.startswith("/dcm4chee-arc")
        self.send_response(401 if there else 404)
        self.end_headers()


for address in [("0.0.0.0", 8080), ("0.0.0.0", 9990)]:
    Thread(target=HTTPServer(address, StandIn).serve_forever).start()
EOF
systemd-run --quiet --unit=dcm4chee-stand-in python3 /run/dcm4chee-stand-in.py
for _ in $(seq 40); do ss -ltn | grep -q ":8080 " && break; sleep 0.25; done
