#!/bin/sh
# UPnP is on, and a game asked for a port. A small gateway in a network namespace stands in for the
# box, under its address: only what goes to UDP 1900 and TCP 5000 is led there.
router=$(ip -4 -json route show default | sed 's/.*"gateway":"\([0-9.]*\)".*/\1/')
own=$(ip -4 -json route get "$router" | sed 's/.*"prefsrc":"\([0-9.]*\)".*/\1/')
ip netns add socle-game
ip link add socle-game type veth peer name eth0 netns socle-game
ip link set socle-game up
sysctl --quiet --write net.ipv4.conf.socle-game.rp_filter=0
ip -n socle-game link set lo up
ip -n socle-game link set eth0 up
ip -n socle-game address add "$router/32" dev eth0
ip -n socle-game route add "$own" dev eth0
ip route add "$router" dev socle-game table 1900
ip rule add ipproto udp dport 1900 to "$router" lookup 1900
ip rule add ipproto tcp dport 5000 to "$router" lookup 1900
cat >/run/socle-scenario-game.py <<END
import http.server, socket, threading
KIND = "urn:schemas-upnp-org:service:WANIPConnection:1"
ROOT = ("<root xmlns='urn:schemas-upnp-org:device-1-0'><device><serviceList><service>"
        f"<serviceType>{KIND}</serviceType><controlURL>/c</controlURL>"
        "</service></serviceList></device></root>")
ENTRY = ("<NewProtocol>TCP</NewProtocol><NewExternalPort>11112</NewExternalPort>"
         "<NewInternalClient>192.168.1.10</NewInternalClient><NewInternalPort>11112"
         "</NewInternalPort><NewEnabled>1</NewEnabled>")
ANSWER = f"<e><GetGenericPortMappingEntryResponse>{ENTRY}</GetGenericPortMappingEntryResponse></e>"
class Web(http.server.BaseHTTPRequestHandler):
    def say(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def do_GET(self):
        self.say(200, ROOT)
    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        first = b"<NewPortMappingIndex>0<" in asked
        self.say(*(200, ANSWER) if first else (500, "<e><errorCode>713</errorCode></e>"))
web = http.server.HTTPServer(("", 5000), Web)
threading.Thread(target=web.serve_forever, daemon=True).start()
search = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
search.bind(("", 1900))
while True:
    said, sender = search.recvfrom(2000)
    search.sendto(b"HTTP/1.1 200 OK\r\n"
                  b"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
                  b"LOCATION: http://$router:5000/root.xml\r\n\r\n", sender)
END
systemd-run --quiet --unit=socle-scenario-game ip netns exec socle-game \
    python3 /run/socle-scenario-game.py
until ip netns exec socle-game ss --no-header --udp --listening --numeric 'sport = 1900' |
    grep -q .; do sleep 0.1; done
