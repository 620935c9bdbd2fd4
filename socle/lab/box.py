"""An Internet box made of a Debian machine: masquerading, forwarded ports, a real UPnP gateway.

The machine has an address on the practice's network and one on the Internet's. What a person
clicks together on a box is data here (`Box`); `configure` makes a machine behave so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from socle.lab.spec import Lab
from socle.lab.steps import do, install

LAN, WAN = "host0", "host1"
PACKAGES = ("miniupnpd", "miniupnpd-nftables")

# miniupnpd refuses to announce a private or documented address. Nothing is ever sent to this one.
ANNOUNCED = "1.2.3.4"

# The packaged scripts around the service are for iptables.
DROP_IN = """\
[Unit]
After=nftables.service
[Service]
ExecStartPre=
ExecStopPost=
"""


@dataclass(frozen=True)
class Forward:
    """A port that a person forwarded by hand: ``port`` outside to ``address`` within."""

    protocol: Literal["tcp", "udp"]
    port: int
    address: str


@dataclass(frozen=True)
class Box:
    """How a box is set. ``dmz``: the machine that gets all that nobody asked for.

    ``upnp``: the version of the gateway device that it announces (IGD), None: none at all.
    """

    forwards: tuple[Forward, ...] = ()
    dmz: str | None = None
    upnp: Literal[1, 2] | None = None
    natpmp: bool = False
    ipv6_firewall: bool = True


def configure(lab: Lab, machine: str, box: Box) -> None:
    """Set the machine up as ``box``, whatever it was before; ports opened by programs are gone.

    The gateway's packages are installed when they are first needed. ``LabError`` when one of the
    steps fails on the machine.
    """
    steps = [("nft -f -", rules(box, lab.machine(machine).routers))]
    steps.append(("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", ""))
    if box.upnp or box.natpmp:
        steps += [
            ("mkdir -p /etc/systemd/system/miniupnpd.service.d", ""),
            ("cat >/etc/systemd/system/miniupnpd.service.d/box.conf", DROP_IN),
            ("cat >/etc/miniupnpd/miniupnpd.conf", gateway(lab, machine, box)),
            ("systemctl daemon-reload && systemctl restart miniupnpd", ""),
        ]
    else:
        steps.append(("systemctl stop miniupnpd 2>/dev/null || true", ""))
        install(lab, machine, *PACKAGES)
    for command, stdin in steps:
        do(lab, machine, command, stdin)


def rules(box: Box, providers: tuple[str, ...]) -> str:
    """The box's packet filter; ``providers``: who may come in from outside, to work on the lab."""
    forwards = "\n".join(
        f'        iifname "{WAN}" {one.protocol} dport {one.port} dnat ip to {one.address}'
        for one in box.forwards
    )
    dmz = f'        iifname "{WAN}" meta nfproto ipv4 dnat ip to {box.dmz}' if box.dmz else ""
    ipv6 = "" if box.ipv6_firewall else f'        iifname "{WAN}" meta nfproto ipv6 accept'
    provider = ", ".join(one for one in providers if ":" not in one)
    return f"""\
table inet box
delete table inet box
table inet box {{
    chain miniupnpd {{ }}
    chain prerouting_miniupnpd {{ }}
    chain postrouting_miniupnpd {{ }}

    chain input {{
        type filter hook input priority filter; policy accept;
        iifname "{WAN}" ct state new ip saddr != {{ {provider} }} drop
    }}

    chain forward {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname "{LAN}" accept
        ct status dnat accept
        meta l4proto icmpv6 accept
        jump miniupnpd
{ipv6}
    }}

    chain prerouting {{
        type nat hook prerouting priority dstnat; policy accept;
        ip saddr {{ {provider} }} accept
{forwards}
        jump prerouting_miniupnpd
{dmz}
    }}

    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        jump postrouting_miniupnpd
        oifname "{WAN}" meta nfproto ipv4 masquerade
    }}
}}
"""


def gateway(lab: Lab, machine: str, box: Box) -> str:
    """miniupnpd's settings: any program on the practice's network may open ports to itself."""
    network = next(one.network for one in lab.network.interfaces if one.version == 4)  # noqa: PLR2004
    yes = {True: "yes", False: "no"}
    return f"""\
ext_ifname={WAN}
ext_ip={ANNOUNCED}
listening_ip={LAN}
http_port=5000
enable_upnp={yes[box.upnp is not None]}
enable_natpmp={yes[box.natpmp]}
force_igd_desc_v1={yes[box.upnp == 1]}
secure_mode=yes
friendly_name={machine}
uuid=3f2a9c1e-0c5d-4a52-9e0b-6f1d2b7a8c90
upnp_table_name=box
upnp_nat_table_name=box
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 {network} 1024-65535
allow 1-1023 {network} 1-1023
deny 0-65535 0.0.0.0/0 0-65535
"""
