"""What a game, a camera's viewer or malware does: it asks the box for a port to its own machine."""

from __future__ import annotations

OPEN_A_PORT = """\
import re, sys, urllib.request
box, own, kind, port = sys.argv[1:]
describes = urllib.request.urlopen(f"http://{box}:5000/rootDesc.xml", timeout=5).read().decode()
service = re.search(r"urn:schemas-upnp-org:service:WANIPConnection:[12]", describes)[0]
assert service.endswith(kind), service
control = re.search(service + r".*?<controlURL>(.*?)<", describes, re.S)[1]
values = {"RemoteHost": "", "ExternalPort": port, "Protocol": "TCP", "InternalPort": port,
          "InternalClient": own, "Enabled": 1, "PortMappingDescription": "Dupont Jean",
          "LeaseDuration": 0}
inner = "".join(f"<New{key}>{value}</New{key}>" for key, value in values.items())
body = ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><u:AddPortMapping xmlns:u="{service}">{inner}</u:AddPortMapping></s:Body>'
        "</s:Envelope>")
headers = {"SOAPAction": f'"{service}#AddPortMapping"', "Content-Type": "text/xml"}
urllib.request.urlopen(
    urllib.request.Request(f"http://{box}:5000{control}", body.encode(), headers), timeout=5)
"""
"""``python3 - BOX OWN KIND PORT``: addresses of the box and of the machine that runs it, version
of the gateway device, port on both sides."""
