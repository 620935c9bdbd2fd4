"""UPnP as an Internet gateway device speaks it: read only, and nothing that it says is trusted."""

import http.client
import re
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

SEARCHES = tuple(f"urn:schemas-upnp-org:device:InternetGatewayDevice:{n}" for n in (1, 2))
MAPPER = re.compile(r"urn:schemas-upnp-org:service:WAN(IP|PPP)Connection:[0-9]")
IPV6_FIREWALL = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1"
END_OF_LIST = {"713", "714"}  # the index, or the entry, does not exist
LARGEST = 100_000  # bytes of an answer
MOST = 200  # mappings that are read
SECONDS = 3.0

SEARCH = """\
M-SEARCH * HTTP/1.1\r
HOST: 239.255.255.250:1900\r
MAN: "ssdp:discover"\r
MX: 1\r
ST: {}\r
\r
"""

SOAP = """\
<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>
<u:{action} xmlns:u="{service}">{arguments}</u:{action}>
</s:Body></s:Envelope>
"""


class Nonsense(Exception):
    """What the box said cannot be read; the text says what it was about, in our own words."""


def location(datagram):
    """Where a search's answer says that the gateway describes itself; None for another answer."""
    lines = datagram.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 200"):
        return None
    fields = {key.strip().lower(): value.strip()
              for key, _, value in (line.partition(":") for line in lines[1:])}  # fmt: skip
    if "InternetGatewayDevice" not in fields.get("st", ""):
        return None
    return fields.get("location")


def tree(content):
    """An XML document. No document type, so no entity that grows or that reads a file."""
    try:
        text = content.decode()
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Nonsense("XML with a document type")
        return ElementTree.fromstring(text)  # noqa: S314 - Debian's Python alone; see above
    except (UnicodeDecodeError, ValueError, ElementTree.ParseError):
        raise Nonsense("no XML") from None


def values(element):
    """Name without namespace -> text, for everything below an element."""
    return {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in element.iter()}


def services(content, url):
    """(type, control URL) of each service of a description that lists mappings or guards IPv6."""
    root = tree(content)
    base = values(root).get("URLBase") or url
    found = []
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "service":
            said = values(element)
            kind, control = said.get("serviceType", ""), said.get("controlURL", "")
            if MAPPER.fullmatch(kind) or kind == IPV6_FIREWALL:
                try:
                    found.append((kind, urljoin(base, control)))
                except ValueError:
                    found.append((kind, ""))  # at no address: the others are asked all the same
    return found


def mapping(said):
    """One entry of the list: ports and addresses only, a description may hold a name."""
    try:
        return {
            "protocol": {"TCP": "tcp", "UDP": "udp"}[said["NewProtocol"].upper()],
            "external_port": int(said["NewExternalPort"]),
            "address": str(ip_address(said["NewInternalClient"])),
            "port": int(said["NewInternalPort"]),
            "enabled": said.get("NewEnabled", "1") != "0",
        }
    except (KeyError, ValueError):
        raise Nonsense("an entry of the list without ports or addresses") from None


class Gateway:
    """The gateway at ``address``; whatever it points to elsewhere is not followed."""

    def __init__(self, address):
        """No question is sent yet."""
        self.address = address

    def get(self, url):
        """A document of the gateway's own web server."""
        status, content = self._ask("GET", url)
        if status != http.client.OK:
            raise Nonsense(f"HTTP status {status} instead of a description")
        return content

    def call(self, service, url, action, **arguments):
        """(what an action answered, None), or (None, the error's number)."""
        inner = "".join(f"<{key}>{value}</{key}>" for key, value in arguments.items())
        body = SOAP.format(action=action, service=service, arguments=inner).encode()
        header = {
            "Content-Type": 'text/xml; charset="utf-8"',
            "SOAPAction": f'"{service}#{action}"',
        }
        status, content = self._ask("POST", url, body, header)
        said = values(tree(content))
        if status == http.client.OK and f"{action}Response" in said:
            return said, None
        if not said.get("errorCode", "").isdigit():
            raise Nonsense(f"HTTP status {status} and no error number")
        return None, said["errorCode"]

    def external(self, service, url):
        """The public address that the gateway says it has; None where it has or says none."""
        said, _ = self.call(service, url, "GetExternalIPAddress")
        try:
            return str(ip_address((said or {}).get("NewExternalIPAddress", "")))
        except ValueError:
            return None

    def mappings(self, service, url):
        """Every mapping of the list, or Nonsense: never the half of it as if it were all."""
        found = []
        for index in range(MOST):
            said, error = self.call(
                service, url, "GetGenericPortMappingEntry", NewPortMappingIndex=index
            )
            if error in END_OF_LIST:
                return found
            if error:
                raise Nonsense(f"error {error} instead of the list of mappings")
            found.append(mapping(said))
        raise Nonsense(f"a list of mappings that does not end after {MOST}")

    def _ask(self, method, url, body=None, header=()):
        try:
            parts = urlsplit(url)
            here = parts.scheme == "http" and parts.hostname == self.address
            port = parts.port or 80
        except ValueError:
            here = False
        if not here:
            raise Nonsense("an address that is not the box's own")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPConnection(self.address, port, timeout=SECONDS)
        try:
            connection.request(method, path or "/", body, dict(header))
            answer = connection.getresponse()
            content = answer.read(LARGEST + 1)
        except (OSError, http.client.HTTPException, ValueError) as trouble:
            kind = type(trouble).__name__
            raise Nonsense(f"no answer on TCP port {port} ({kind})") from None
        finally:
            connection.close()
        if len(content) > LARGEST:
            raise Nonsense(f"more than {LARGEST} bytes")
        return answer.status, content
