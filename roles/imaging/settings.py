"""Settings of the imaging room: who may send images to Orthanc, who may see them, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from socle.baseline.flows import Flow, Need, PeerAddresses, resolve_peers
from socle.baseline.model import Host, Practice
from socle.baseline.rules import port_in
from socle.baseline.settings import (
    BadSetting,
    BadSettings,
    RoomSettings,
    keyed,
    matching,
    neutral,
    patient_data,
    secret,
    stricter,
)
from socle.baseline.types import Kebab, Password, Port

GROUP = "imaging_servers"
PEM = "/etc/socle/imaging/orthanc.pem"
PROBE = "socle-sonde"
"""The modality with which a check proves that a declared device is let in; on loopback alone."""
ALLOWED = {
    "echo": "AllowEcho",
    "store": "AllowStore",
    "find": "AllowFind",
    "worklist": "AllowFindWorklist",
    "get": "AllowGet",
    "move": "AllowMove",
    "commitment": "AllowStorageCommitment",
}
"""What a device may ask for, in our words and in Orthanc's."""

Operation = Literal["echo", "store", "find", "worklist", "get", "move", "commitment"]
OwnPort = Annotated[int, Field(ge=1024, le=65535)]
Aet = Annotated[
    str, matching(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?", "an AE title: 1 to 16 characters")
]
Folder = Annotated[str, matching(r"/[^\s'\"$`\\]+", 'an absolute path such as "/srv/images"')]
Certificate = Annotated[
    str,
    matching(
        r"(?s)\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*",
        "one certificate, from -----BEGIN CERTIFICATE----- on",
    ),
]


class Modality(BaseModel):
    """A device or a program that speaks DICOM with the server."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Kebab
    """Stable name; layers merge modalities by it."""
    aet: Aet
    """Its AE title, exactly."""
    host: Annotated[str, Field(min_length=1)]
    """A machine of the practice, or an IPv4 address: images come from there alone."""
    port: Port
    """Where it listens itself."""
    tls: bool = True
    """Whether it speaks DICOM over TLS."""
    allow: list[Operation] = ["echo", "store"]
    """What it may ask of the server; nothing: the server only sends to it."""
    manufacturer: Annotated[str, matching(r"[A-Za-z]{2,40}", "a word of Orthanc's list")] = (
        "Generic"
    )
    """Orthanc's name for its maker's peculiarities."""


class Imaging(RoomSettings):
    """Orthanc on imaging servers: accounts, declared devices, TLS, confinement."""

    derived_secrets: ClassVar[tuple[str, ...]] = ("secrets",)
    derived_from_secrets: ClassVar[tuple[str, ...]] = ("missing",)

    orthanc: Annotated[bool, neutral()] = False
    """Whether Orthanc is installed; where it is already, it is secured in any case."""

    accounts: Annotated[list[Kebab], Field(min_length=1), stricter("subset")] = ["socle"]
    """Accounts of Orthanc's HTTP server; the first is the one of Socle's own questions."""

    passwords: Annotated[dict[str, Password], secret(generated=True), neutral()] = {}
    """Account -> password, for each server its own (`socle backup passwords` makes them)."""

    https_port: Annotated[OwnPort, neutral()] = 8443
    """Port of the HTTP server for viewers, behind stunnel: TLS only."""

    http_port: Annotated[OwnPort, neutral()] = 8042
    """Port of the HTTP server itself; it serves the machine alone."""

    dicom_port: Annotated[OwnPort, neutral()] = 2762
    """Port of the DICOM server."""

    dicom_tls: Annotated[Literal["off", "required"], stricter(order=("off", "required"))] = (
        "required"
    )
    """Orthanc has one DICOM port: off is for practices with a device that cannot speak TLS."""

    aet: Annotated[Aet, neutral()] = "IMAGERIE"
    """The server's own AE title; whoever calls it by another one is refused."""

    modalities: Annotated[list[Modality], keyed("name")] = []
    """Devices and programs that may speak DICOM with the server."""

    certificate: Annotated[Folder | None, neutral()] = None
    """File on the server with a given certificate; none: the server's own authority makes one."""

    key: Annotated[Folder | None, neutral()] = None
    """File on the server with the key of the given certificate, readable by root alone."""

    trusted_certificates: Annotated[list[Certificate], stricter("subset")] = []
    """Certificates that devices may present besides those of the server's own authority."""

    certificate_days: Annotated[int, Field(ge=1, le=90), stricter("higher")] = 30
    """Days before its end from which a certificate no longer counts."""

    folders: Annotated[list[Folder], Field(min_length=1), stricter("subset"), patient_data()] = [
        "/var/lib/orthanc"
    ]
    """Folders that Orthanc may write to: images, index, worklists."""

    lua_scripts: Annotated[list[Folder], stricter("subset")] = []
    """Lua scripts that Orthanc runs."""

    exposure: Annotated[float, Field(ge=0.5, le=9.9), stricter("lower")] = 4.0
    """Highest accepted exposure of the service, as systemd-analyze security counts it."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """Orthanc's settings, its accounts, and the devices that it accepts, for what."""
        if settings["imaging_server"]:
            yield "Orthanc as declared (socle-imaging-renew.timer)"
            for account in settings["imaging_accounts"]:
                yield f"account {account} of Orthanc"
            for pem in settings["imaging_trusted_certificates"]:
                yield f"certificate that devices may present: {_fingerprint(pem)}"
            known = settings["imaging_wish"]["DicomModalities"]
            for modality in settings["imaging_modalities"]:
                words, entry = f"modality {modality['name']}", known[modality["name"]]
                yield words
                yield f"{words}: {entry['AET']} at {entry['Host']} port {entry['Port']}"
                for operation in modality["allow"]:
                    yield f"{words}: may ask for {operation}"

    @classmethod
    def needed_secrets(cls, host: Host) -> Mapping[str, Iterable[str]]:
        """A password for each account, where there is to be a server."""
        wanted = host.settings.get("imaging_orthanc") and host.settings.get("imaging_server")
        return {"passwords": host.settings["imaging_accounts"]} if wanted else {}

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:
        """What the imaging server is told.

        Returns:
            ``server``: whether this host is one; ``wish``: Orthanc's settings; ``names``: for its
            certificate; ``reachable``: addresses that may speak with it; ``secrets`` and
            ``missing``: accounts with their passwords, and those without one; ``packages``: to
            install where there is an Orthanc, or is to be one.

        Raises:
            BadSettings: a modality that could not work, or would not be refused.
        """
        server = GROUP in host.groups
        problems: list[BadSetting] = []
        addresses = {one.name: self._address(one, practice, problems) for one in self.modalities}
        inbound = _flows(host, practice, (self.https_port, self.dicom_port)) if server else []
        problems += self._general_problems()
        judged = inbound if "firewall_flows" in host.settings else None
        for one in self.modalities if server else []:
            problems += self._problems(one, addresses[one.name], judged)
        if problems:
            raise BadSettings(problems)
        peers = {net for _, peers in inbound for net in (*peers.ipv4, *peers.ipv6)}
        return {
            "server": server,
            "packages": ["orthanc", "openssl", "stunnel4"] if server else [],
            "names": [host.name, "localhost", "127.0.0.1", *host.addresses],
            "wish": self._wish(addresses) if server else {},
            "reachable": sorted(peers | set(addresses.values())) if server else [],
            "secrets": {a: self.passwords[a] for a in self.accounts if a in self.passwords}
            if server
            else {},
            "missing": [a for a in self.accounts if a not in self.passwords] if server else [],
        }

    def needed_flows(self, host: Host, practice: Practice) -> Iterator[Need]:
        """The devices that the server sends to, and that ask nothing of it."""
        for one in self.modalities if GROUP in host.groups else []:
            if not one.allow:
                address = self._address(one, practice, [])
                peer = one.host if one.host in practice.hosts else address
                place, name = ("modalities", one.name), f"images-vers-{one.name}"
                purpose = f"Images envoyées à {one.name}"
                yield Need(place, name, "out", one.port, peer, (address,), purpose)

    def _general_problems(self) -> list[BadSetting]:
        found = []
        if (self.certificate is None) != (self.key is None):
            found.append(BadSetting(("certificate",), "imaging_certificate and imaging_key"))
        if len({self.https_port, self.http_port, self.dicom_port}) < 3:
            wanted = "three different ports: https_port, http_port, dicom_port"
            found.append(BadSetting(("dicom_port",), wanted, str(self.dicom_port)))
        if self.aet == "ORTHANC":
            found.append(BadSetting(("aet",), "another AE title than the one everybody knows"))
        return found

    def _address(self, one: Modality, practice: Practice, bad: list[BadSetting]) -> str:
        """The IPv4 address behind a modality's ``host``: Orthanc's DICOM server has no IPv6."""
        known = practice.hosts.get(one.host)
        literals = known.addresses if known is not None else (one.host,)
        for text in literals:
            try:
                if ip_address(text).version == 4:
                    return text
            except ValueError:
                pass
        wanted = "a machine of the practice with an IPv4 address, or an IPv4 address"
        bad.append(BadSetting(("modalities", one.name, "host"), wanted, one.host))
        return ""

    def _problems(
        self, one: Modality, address: str, inbound: list[tuple[Flow, PeerAddresses]] | None
    ) -> list[BadSetting]:
        """What is wrong with a modality. ``inbound``: None where no room declares flows."""
        place, found = ("modalities", one.name), []
        if self.dicom_tls == "required" and not one.tls:
            wanted = "tls: true, or a waiver of orthanc-tls that sets imaging_dicom_tls to off"
            found.append(BadSetting((*place, "tls"), wanted, "false"))
        reached = inbound is None or any(
            address in peers.ipv4 and any(port_in(self.dicom_port, str(p)) for p in flow.ports)
            for flow, peers in inbound
        )
        if address and one.allow and not reached:
            wanted = f"a flow in firewall_flows that lets {address} in on port {self.dicom_port}"
            found.append(BadSetting((*place, "host"), wanted, one.host))
        return found

    def _wish(self, addresses: Mapping[str, str]) -> dict[str, Any]:
        probe = Modality(name=PROBE, aet="SOCLESONDE", host="127.0.0.1", port=104, allow=["echo"])
        everyone = [(probe, "127.0.0.1"), *((one, addresses[one.name]) for one in self.modalities)]
        return {
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "HttpPort": self.http_port,
            "SslEnabled": False,
            "DicomAet": self.aet,
            "DicomPort": self.dicom_port,
            "DicomCheckCalledAet": True,
            "DicomCheckModalityHost": True,
            "StrictAetComparison": True,
            "DicomModalitiesInDatabase": False,
            **{f"DicomAlwaysAllow{word}": False for word in ALWAYS},
            "DicomTlsEnabled": self.dicom_tls == "required",
            "DicomTlsCertificate": PEM,
            "DicomTlsPrivateKey": PEM,
            "DicomTlsTrustedCertificates": "/etc/socle/imaging/trusted.pem",
            "DicomTlsRemoteCertificateRequired": True,
            "DicomTlsMinimumProtocolVersion": 0,
            "DicomModalities": {one.name: _entry(one, address) for one, address in everyone},
            "ExecuteLuaEnabled": False,
            "LuaScripts": self.lua_scripts,
            "RestApiWriteToFileSystemEnabled": False,
            "WebDavEnabled": False,
            "DeidentifyLogs": True,
            "HttpVerbose": False,
        }


ALWAYS = ("Echo", "Store", "Find", "FindWorklist", "Get", "Move")


def _fingerprint(pem: str) -> str:
    """SHA-256 of a certificate's own bytes, whatever its lines look like."""
    inside = "".join(line for line in pem.split() if "-" not in line)
    return hashlib.sha256(inside.encode()).hexdigest()


def _entry(one: Modality, address: str) -> dict[str, Any]:
    """A modality in Orthanc's own words."""
    return {
        "AET": one.aet,
        "Host": address,
        "Port": one.port,
        "Manufacturer": one.manufacturer,
        "UseDicomTls": one.tls,
        **{key: word in one.allow for word, key in ALLOWED.items()},
    }


def _flows(
    host: Host, practice: Practice, ports: tuple[int, ...]
) -> list[tuple[Flow, PeerAddresses]]:
    """The host's inbound TCP flows on some of ``ports``, each with its peers' addresses.

    The firewall room says what is wrong in a flow: here such a flow lets nobody in.
    """
    named = host.settings.get("firewall_peers", {})
    found = []
    for written in host.settings.get("firewall_flows", ()):
        flow = Flow.model_validate(written)
        covers = any(port_in(port, str(span)) for port in ports for span in flow.ports)
        if (flow.direction, flow.protocol, covers) != ("in", "tcp", True):
            continue
        if not flow.applies_to(host):
            continue
        try:
            found.append((flow, resolve_peers(flow.peers, practice, named)))
        except BadSettings:
            continue
    return found
