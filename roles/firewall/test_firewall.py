"""The firewall's promises, asked of the machine: live rules, sockets, and packets from outside."""

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

from roles.firewall.nftables import (
    at_boot,
    attempt,
    declared,
    first_difference,
    live,
    next_start,
    packets,
)
from socle.baseline.rules import admits, port_in
from socle.machine.sockets import listeners, operator
from socle.verify import AGAIN, control, expect, message, note, unknown

TEMPLATES = Path(__file__).parent / "templates"
FLOWS = TEMPLATES / "etc/socle/firewall.nft.j2"
CANARY = TEMPLATES / "etc/socle/canary.nft.j2"
SELDOM_DECLARED = (9, 23, 3389, 5900, 47808)


@control("firewall-default-deny")
def test_what_is_not_declared_is_refused(host, target, settings, from_controller):
    """Live rules are exactly the declared flows, now and at boot; packets prove it."""
    wanted = expect_declared(host, settings, FLOWS, "inet socle")
    enabled = host.run("systemctl is-enabled socle-firewall.service").stdout.strip()
    expect(
        enabled == "enabled",
        seen=message("socle-firewall.service: {state} at boot", state=enabled or message("absent")),
        wanted="the rules are loaded at every start",
        fix=AGAIN,
    )
    stored = at_boot(host, "/etc/socle/firewall.nft", "inet socle")
    expect(
        stored == wanted,
        seen=message("loaded at boot: {rules}", rules=first_difference(stored, wanted)),
        wanted="the rules that the next start loads are the declared ones",
        fix=AGAIN,
    )
    closed = [port for port in SELDOM_DECLARED if not declares(settings.firewall_inbound, port)]
    _, sshd = client(host)
    expect_closed(target, sshd, from_controller, closed)
    expect_kept(host)


@control("listeners-allowlist")
def test_only_declared_services_listen(host, settings):
    """Nothing forbidden is installed; each socket beyond loopback belongs to an inbound flow."""
    there = installed(host, settings.firewall_forbidden_packages)
    expect(
        not there,
        seen=message(
            "installed: {packages}", packages=there or message("none of the forbidden packages")
        ),
        wanted="none of the packages of firewall_forbidden_packages",
        fix=AGAIN,
    )
    listing = listeners(host)
    strangers = [
        one.words
        for one in listing.sockets
        if not declares(settings.firewall_inbound, one.port, one.protocol)
    ]
    expect(
        not strangers,
        seen=message("undeclared: {sockets;}", sockets=strangers or message("none")),
        wanted="only services with a declared inbound flow listen beyond loopback",
        fix="stop or remove the program, bind it to 127.0.0.1, or declare its flow and purpose",
    )
    if listing.unread:
        unknown(listing.unread)


@control("egress-filtering")
def test_undeclared_outbound_connections_fail(host, settings):
    """Live rules are the declared flows, and an undeclared connection is really rejected."""
    expect_declared(host, settings, FLOWS, "inet socle")
    visitor, _ = client(host)
    everybody = [rule for rule in settings.firewall_outbound if not rule.get("users")]
    port = next(p for p in SELDOM_DECLARED if not declares(everybody, p))
    connected, rejected = attempt(host, visitor, port, ("inet socle", "out_rejected"))
    expect(
        not connected and rejected > 0,
        seen=message(
            "a connection to {address} port {port}: rejected by the rules"
            if rejected
            else "a connection to {address} port {port}: it left the machine",
            address=visitor,
            port=port,
        ),
        wanted="an undeclared outbound connection is rejected",
        fix=AGAIN,
    )


@control("host-public-reachability")
def test_no_unsolicited_packet_from_the_internet(host, settings):
    """The canary stands where it sees, has counted nothing, and no address is public."""
    expect_declared(host, settings, CANARY, "inet socle_canary")
    public = [address for address in addresses(host) if is_public(address, settings)]
    for address in public:
        note("public", address=address)
    expect(
        not public,
        seen=message(
            "public addresses on the machine itself: {addresses}",
            addresses=public or message("none"),
        ),
        wanted="machines behind the box have private IPv4 addresses",
        fix="take the box out of bridge mode, or declare the network in firewall_local_networks",
    )
    counted = {
        family: packets(host, "inet socle_canary", f"unsolicited{family}") for family in (4, 6)
    }
    if any(counted.values()):
        note("received", ipv4=counted[4], ipv6=counted[6])
    expect(
        not any(counted.values()),
        seen=message(
            "unsolicited packets from the Internet: {ipv4} IPv4, {ipv6} IPv6",
            ipv4=counted[4],
            ipv6=counted[6],
        ),
        wanted="none: the box forwards nothing to this machine",
        fix="remove port forwarding, DMZ and UPnP on the box; then, on the machine, "
        "nft reset counters table inet socle_canary",
    )


@control("imaging-listeners")
def test_imaging_ports_are_for_declared_devices(host, target, settings, from_controller):
    """No undeclared program listens on an imaging port, and none of them answers a stranger."""
    ports = settings.firewall_imaging_ports
    listing = listeners(host)
    strangers = [
        one.words
        for one in listing.sockets
        if one.port in ports and not declares(settings.firewall_inbound, one.port, one.protocol)
    ]
    expect(
        not strangers,
        seen=message(
            "undeclared on imaging ports: {sockets;}", sockets=strangers or message("none")
        ),
        wanted="imaging programs listen only where a flow names the devices",
        fix="declare the flow with the devices' addresses, or stop the program",
    )
    visitor, sshd = client(host)
    closed = [p for p in ports if not admits(settings.firewall_inbound, visitor, p)]
    expect_closed(target, sshd, from_controller, closed)
    if listing.unread:
        unknown(listing.unread)


def expect_declared(host, settings, template, table):
    """The live table is what the settings declare, rule by rule; the declared rules."""
    seen = live(host, table)
    wanted = declared(host, template, settings, table)
    expect(
        seen == wanted,
        seen=message("table {table}: {rules}", table=table, rules=first_difference(seen, wanted)),
        wanted=message("the live rules of table {table} are the declared ones", table=table),
        fix=AGAIN,
    )
    return wanted


def expect_kept(host):
    """What else the next start loads leaves the rules there, and the way in open."""
    found = next_start(host, "/etc/socle/canary.nft", "/etc/socle/firewall.nft")
    lost, cut, others = found.named("lost"), found.named("cut"), found.named("loads")
    expect(
        not lost,
        seen=message(
            "at the next start the rules are taken away by: {units}",
            units=lost or message("nothing"),
        ),
        wanted="the rules stay, whatever else the next start loads",
        fix="take it out of that file, let the unit come before socle-firewall.service (Before=), "
        "or disable the unit",
    )
    expect(
        not cut,
        seen=message(
            "at the next start nobody gets in like this any more because of: {units}"
            if cut
            else "let in at the next start too, beside what is loaded by: {units}",
            units=cut or others or message("nothing"),
        ),
        wanted="what else the next start loads lets the connection in use in",
        fix="let the connection pass in that file, or disable the unit",
    )
    unread = found.named("unread ran", "unread waits")
    if unread:
        unknown(message("what the next start loads cannot be tried: {units}", units=unread))


def expect_closed(target, sshd, vantage, ports):
    """From the vantage point, ``ports`` give no answer on any address whose sshd answers."""
    states = vantage.tcp([(a, p) for a in target.addresses for p in [sshd, *ports]])
    blind = [a for a in target.addresses if states[a, sshd] != "open"]
    answers = [
        message(
            "{address} port {port} ({state})",
            address=address,
            port=port,
            state=states[address, port].words,
        )
        for address in target.addresses
        for port in ports
        if states[address, port] in {"open", "refused"}
    ]
    for port in ports:
        if any(states[address, port] == "open" for address in target.addresses):
            note("answered", port=port)
    expect(
        not answers,
        seen=message(
            "answers to a stranger on {addresses}: {answers}",
            addresses=target.addresses,
            answers=answers or message("none"),
        ),
        wanted="no answer at all from ports that are not declared",
        fix=AGAIN,
    )
    if blind:
        unknown(message("no path from the operator's computer to {addresses}", addresses=blind))


def client(host):
    """The operator's address and the port of sshd, as the host sees them."""
    seen = operator(host)
    if seen is None:
        unknown("not connected by SSH: there is no other machine to look from")
    return seen


def installed(host, packages):
    """Those of ``packages`` that are on the machine, half installed ones too."""
    listing = host.run("dpkg-query --show --showformat='${Package} ${db:Status-Status}\\n'")
    if listing.rc != 0:
        unknown("dpkg does not list the installed packages")
    lines = (line.partition(" ") for line in listing.stdout.splitlines())
    there = {name for name, _, state in lines if state not in {"not-installed", "config-files"}}
    return sorted(there.intersection(packages))


def declares(rules, port, protocol="tcp"):
    """Whether some flow names this port, whoever the peer is."""
    return any(
        rule["protocol"] == protocol and any(port_in(port, ports) for ports in rule["ports"])
        for rule in rules
    )


def addresses(host):
    """Every global address of the host's interfaces."""
    interfaces = json.loads(host.check_output("ip -json address show scope global"))
    found = [info for one in interfaces for info in one.get("addr_info", [])]
    return [info["local"] for info in found if "local" in info]


def is_public(address, settings):
    """Whether an IPv4 address is the Internet's. (Global IPv6 addresses are normal.)"""
    ip = ip_address(address)
    local = (ip_network(net) for net in settings.firewall_local_networks)
    return ip.version == 4 and ip.is_global and not any(ip in net for net in local)
