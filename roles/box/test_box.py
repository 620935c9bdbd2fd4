"""What the machine's Internet box lets in, asked of the box; and what IPv6 would find here."""

import json
from contextlib import suppress
from datetime import date, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from socle.baseline.rules import port_in
from socle.exposure.judge import judge
from socle.machine import programs
from socle.machine.sockets import TURNS, listeners, plain
from socle.verify import Unknown, Verdict, control, expect, message, note, unknown
from socle.verify.clock import now, today

FILES = Path(__file__).parent / "files"
ASK = programs.python(FILES / "igd.py", FILES / "ask.py", by="python3 -IB -c")
PUBLIC_IPV6 = ip_network("2000::/3")  # what IANA gives out for use between networks
SWITCH_OFF = message("switch UPnP (NAT-PMP, PCP) off on the box: docs/fr/box.md")
A_YEAR = timedelta(days=366)
DECLARED = ("protocol", "external_port", "address", "port")


@control("box-port-mappings")
def test_the_box_has_opened_no_port(host, settings):
    """UPnP lists no undeclared mapping; what cannot be listed is not accepted."""
    boxes = asked(host)
    accepted = [one for one in settings.box_port_mappings if agreed(one, today())]
    for box in boxes:
        expect_measured(box)
        address = box["address"]
        undeclared = [one for one in box["mappings"] if not declared(one, accepted)]
        for one in undeclared:
            note("mapping", **{key: one[key] for key in DECLARED})
        expired = [one["name"] for one in settings.box_port_mappings if one not in accepted]
        expect(
            not undeclared,
            seen=what_is_open(box, undeclared, expired),
            wanted="no port that the practice has not declared in box_port_mappings",
            fix=message("close the port on the box, and {switch_off}", switch_off=SWITCH_OFF),
        )
        hidden = unlisted(box, public_ipv6(host))
        expect(
            not hidden or settings.box_unlisted_requests,
            seen=message(
                "box {address}: ways to open ports without a list of them: {ways}",
                address=address,
                ways=hidden or message("none"),
            ),
            wanted="programs cannot have ports opened that nobody can list",
            fix=SWITCH_OFF,
        )
        if box["ipv6_firewall"] is not None:  # some tell, most do not
            expect(
                box["ipv6_firewall"],
                seen=message(
                    "box {address} says: IPv6 firewall on"
                    if box["ipv6_firewall"]
                    else "box {address} says: IPv6 firewall off",
                    address=address,
                ),
                wanted="the box's IPv6 firewall is on",
                fix="switch the IPv6 firewall on: docs/fr/box.md",
            )
        expect_readable(box)


@control("ipv6-public-listeners")
def test_nothing_undeclared_listens_on_public_ipv6(host, settings):
    """Sockets that a public IPv6 address of this machine leads to belong to declared flows."""
    public = public_ipv6(host)
    listing = listeners(host)
    strangers = [
        one.words
        for one in listing.sockets
        if public and reached(one.address, public) and not declares(settings, one)
    ]
    expect(
        not strangers,
        seen=message(
            "public IPv6 addresses: {addresses}; undeclared on them: {sockets;}",
            addresses=public or message("none"),
            sockets=strangers or message("nothing"),
        ),
        wanted="only services with a declared inbound flow listen where IPv6 leads without NAT",
        fix="stop the program, bind it to a private address, or declare its flow and purpose",
    )
    if public and listing.unread:
        unknown(listing.unread)


@control("external-exposure-attestation")
def test_a_look_from_another_line_found_nothing_open(host, settings, attested):
    """The last signed looks at the addresses that are declared, and at those that are seen here."""
    places = list(dict.fromkeys([*attested.addresses, *public_addresses(host, settings)]))
    judged = judge(attested.attestations, places, now(), attested.max_age_days, attested.open_ports)
    for one in judged.open:
        note(
            "open",
            address=one.address,
            port=one.port.port,
            images=one.port.images,
            since=one.since.isoformat(),
            seen=one.when.isoformat(),
        )
    if judged.oldest is not None:
        note("look", ports=judged.ports, since=judged.oldest.isoformat(), proven=judged.proven)
    if judged.verdict is Verdict.UNKNOWN:
        unknown(message("{seen}; {fix}", seen=judged.seen, fix=judged.fix))
    expect(judged.verdict is Verdict.PASS, seen=judged.seen, wanted=judged.wanted, fix=judged.fix)


def asked(host):
    """What the box said, asked from this machine, because only machines behind it may ask."""
    answer = ASK.run(host, TURNS)
    if answer.rc != 0:
        last = (answer.stderr.strip().splitlines() or [message("no message")])[-1]
        unknown(message("the machine cannot ask its box: {said}", said=last))
    boxes = json.loads(answer.stdout)["boxes"]
    if not boxes:
        unknown("the machine has no IPv4 default route with a router: there is no box to ask")
    return boxes


def expect_measured(box):
    """End as unknown where silence would prove nothing. What was found out counts nevertheless."""
    if box["mappings"] or box["on_demand"] or box["upnp"]:
        return
    address = box["address"]
    if box["kept_in"]:
        unknown(
            message(
                "box {address}: this machine's firewall keeps the question in ({protocols}): "
                "name {address} in firewall_peers.box, then deploy",
                address=address,
                protocols=box["kept_in"],
            )
        )
    if not box["complete"]:
        unknown(
            message("box {address}: it did not come to an end with its answers", address=address)
        )
    if not box["alive"]:
        unknown(
            message(
                "box {address}: no answer at all, not even to an echo: its silence proves nothing",
                address=address,
            )
        )


def expect_readable(box):
    """End as unknown where a gateway is there, and its list was not read to the end."""
    trouble = [*box["unreadable"], *([] if box["complete"] else [message("too slow")])]
    if trouble:
        unknown(
            message(
                "box {address} answers UPnP, but its list cannot be read: {trouble;}; {switch_off}",
                address=box["address"],
                trouble=trouble,
                switch_off=SWITCH_OFF,
            )
        )


def unlisted(box, public):
    """Ways by which programs may have ports opened that no question lists.

    UPnP's list has the ports of IPv4, whichever way they were opened; where a machine has public
    IPv6 addresses, UPnP (IGD 2) and PCP open the way to them too, and tell nobody.
    """
    ways = [] if box["upnp"] else list(box["on_demand"])
    if public and box["pinholes"]:
        ways.append(message("UPnP for IPv6"))
    if public and "PCP" in box["on_demand"]:
        ways.append(message("PCP for IPv6"))
    return ways


def what_is_open(box, undeclared, expired):
    """What the box speaks and has open; ``expired``: names of mappings that do not count."""
    values = {
        "address": box["address"],
        "answers": what_answers(box),
        "ports": [words(one) for one in undeclared] or message("none"),
    }
    if not expired:
        return message(
            "box {address}: {answers}; undeclared ports that are open: {ports;}", **values
        )
    return message(
        "box {address}: {answers}; undeclared ports that are open: {ports;} "
        "(declared, but past or too far ahead: {expired})",
        expired=expired,
        **values,
    )


def what_answers(box):
    """Which protocols for opening ports the box speaks, in words."""
    spoken = [*(["UPnP"] if box["upnp"] else []), *box["on_demand"]]
    if not spoken:
        return message("it answers neither UPnP nor NAT-PMP nor PCP")
    return message("it opens ports for any program that asks ({protocols})", protocols=spoken)


def words(mapping):
    """One mapping; its description is not repeated, it may hold a name."""
    return message(
        "{protocol} {external_port} to {address} port {port}"
        if mapping["enabled"]
        else "{protocol} {external_port} to {address} port {port} (switched off)",
        **{key: mapping[key] for key in DECLARED},
    )


def declared(mapping, accepted):
    """Whether the practice agreed to exactly this mapping."""
    return any(all(one[key] == mapping[key] for key in DECLARED) for one in accepted)


def agreed(mapping, day):
    """Whether a declared mapping is accepted on that day: for a year ahead at most, as a waiver."""
    until = date.fromisoformat(str(mapping["until"]))  # a stored bundle holds it as text
    return day <= until <= day + A_YEAR


def public_ipv6(host):
    """The machine's own addresses of the IPv6 Internet."""
    interfaces = json.loads(host.check_output("ip -6 -json address show scope global"))
    found = [info.get("local", "") for one in interfaces for info in one.get("addr_info", [])]
    return [address for address in found if address and ip_address(address) in PUBLIC_IPV6]


def public_addresses(host, settings):
    """Addresses of the Internet that this machine has, or that its box says it has itself.

    Those that IPv6 makes up for connections of its own change every day: nobody can look at them.
    """
    seen = json.loads(host.check_output("ip -json address show scope global"))
    found = [
        info["local"]
        for one in seen
        for info in one.get("addr_info", [])
        if "local" in info and not info.get("temporary") and not info.get("deprecated")
    ]
    with suppress(Unknown):  # then the addresses that are declared have to do
        found += [one["external"] for one in asked(host) if one["external"]]
    local = [ip_network(network) for network in getattr(settings, "firewall_local_networks", ())]
    return [one for one in found if of_the_internet(ip_address(one), local)]


def of_the_internet(ip, local):
    """Whether an address leads here from anywhere; in IPv6 the practice's own network does too."""
    if ip.version == 6:
        return ip in PUBLIC_IPV6
    return ip.is_global and not any(ip in network for network in local)


def reached(bound, public):
    """Whether a socket bound to ``bound`` answers on one of the addresses."""
    return bound in {"*", "[::]"} or plain(bound) in public


def declares(settings, listener):
    """Whether an inbound flow names the socket's port."""
    return any(
        rule["protocol"] == listener.protocol
        and any(port_in(listener.port, ports) for ports in rule["ports"])
        for rule in getattr(settings, "firewall_inbound", ())
    )
