"""Orthanc's promises, asked of Orthanc: requests, associations and handshakes that are tried."""

from ipaddress import ip_address, ip_network

from roles.imaging.judge import expect_certificate, expect_modalities
from roles.imaging.server import PEM, TRUSTED, Association, associations, programs, web
from roles.imaging.server import orthanc as asked
from socle.baseline.rules import admits
from socle.machine.sockets import operator
from socle.verify import AGAIN, control, expect, message, unknown

OURS = {"Orthanc", "stunnel"}
KNOWN_TO_ALL = ("-", "orthanc:orthanc", "alice:alicePassword", "admin:admin")
PATHS = ("/system", "/patients", "/studies")


@control("orthanc-http-auth")
def test_http_takes_an_account(orthanc, target):
    """On every address and port, without account and with those that everybody knows."""
    ports = [port for port, name in programs(orthanc).items() if name in OURS]
    tries = [
        f"{scheme} {address} {port} {path} {account}"
        for port in ports
        for address in ("127.0.0.1", *target.addresses)
        for scheme in ("http", "https")
        for path in PATHS
        for account in KNOWN_TO_ALL
    ]
    met = web(orthanc, tries)
    served = sorted(
        {
            (f"{scheme}://{address}:{port}", "" if account == "-" else account)
            for (scheme, address, port, _, account), said in _split(met)
            if said.startswith("2")
        }
    )
    expect(
        not served,
        seen=message("serves {pages}", pages=[_served(*one) for one in served])
        if served
        else message("serves nothing to {n} requests", n=len(tries)),
        wanted="401 without an account, or with one that everybody knows, on loopback too",
        fix=AGAIN,
    )
    if "401" not in met.values():
        unknown("no port of Orthanc's speaks HTTP")


@control("orthanc-network")
def test_two_ports_for_those_who_are_declared(orthanc, settings, target, from_controller):
    """Sockets, the service's own filter of addresses, and packets from outside."""
    ports = {port: name for port, name in programs(orthanc).items() if name in OURS}
    wanted = {settings.imaging_http_port, settings.imaging_https_port, settings.imaging_dicom_port}
    expect(
        set(ports) == wanted,
        seen=message("listens on {ports}", ports=[f"{p} ({ports[p]})" for p in sorted(ports)]),
        wanted=message("ports {ports}", ports=sorted(wanted)),
        fix=AGAIN,
    )
    nobody = {"0.0.0.0/0", "::/0"}
    declared = _networks(["127.0.0.0/8", "::1/128", *settings.imaging_reachable])
    for unit in ("orthanc.service", "socle-imaging-tls.service"):
        words = f"systemctl show {unit} --property=IPAddressAllow,IPAddressDeny"
        shown = dict(line.partition("=")[::2] for line in orthanc.run(words).stdout.splitlines())
        allowed = _networks(shown.get("IPAddressAllow", "").split())
        expect(
            allowed == declared and set(shown.get("IPAddressDeny", "").split()) == nobody,
            seen=message(
                "{unit} speaks with {addresses}",
                unit=unit,
                addresses=shown.get("IPAddressAllow") or message("everybody"),
            ),
            wanted=message(
                "with {addresses}, and nobody else", addresses=sorted(map(str, declared))
            ),
            fix=AGAIN,
        )
    _expect_silence(orthanc, settings, target, from_controller, sorted(wanted))


def _expect_silence(host, settings, target, vantage, ports):
    """No answer to the operator's computer from ports that no flow opens to it."""
    seen = operator(host)
    if seen is None:
        unknown("not connected by SSH: there is no other machine to look from")
    visitor, sshd = seen
    inbound = getattr(settings, "firewall_inbound", ())
    closed = [port for port in ports if not admits(inbound, visitor, port)]
    states = vantage.tcp([(a, p) for a in target.addresses for p in [sshd, *closed]])
    answers = [
        message("{address} port {port} ({state})", address=address, port=port, state=state.words)
        for (address, port), state in states.items()
        if port != sshd and state not in {"silent", "rejected"}
    ]
    expect(
        not answers,
        seen=message(
            "answers to {address}: {answers}", address=visitor, answers=answers or message("none")
        ),
        wanted="no answer to an address that no flow names",
        fix=AGAIN,
    )
    if not any(states[a, sshd] == "open" for a in target.addresses):
        unknown(
            message(
                "no path from the operator's computer to {addresses}", addresses=target.addresses
            )
        )


@control("orthanc-dicom-peers")
def test_only_declared_devices_associate(orthanc, settings, target):
    """Strangers, known titles at a wrong address, a wrong title for us: tried from the machine."""
    port, own = settings.imaging_dicom_port, settings.imaging_aet
    tls = settings.imaging_dicom_tls == "required"
    declared = settings.imaging_wish["DicomModalities"]
    probe = next(one["AET"] for one in declared.values() if one["Host"] == "127.0.0.1")
    outside = [a for a in target.addresses if ip_address(a).version == 4]
    known = Association("127.0.0.1", port, own, probe, tls)
    strangers = [
        Association("127.0.0.1", port, own, "INCONNU", tls),
        Association("127.0.0.1", port, "ORTHANC", probe, tls),
        *(Association(address, port, own, probe, tls) for address in outside),
        *(
            Association("127.0.0.1", port, own, one["AET"], tls)
            for one in declared.values()
            if one["AET"] != probe
        ),
    ]
    met = associations(orthanc, [known, *strangers])
    let_in = [one.words for one in strangers if met[one] == "accepted"]
    expect(
        not let_in,
        seen=message("associations: {strangers}", strangers=let_in)
        if let_in
        else message("associations: none of {n} strangers", n=len(strangers)),
        wanted="none from an unknown AE title or address, none to another title",
        fix=AGAIN,
    )
    expect(
        met[known] == "accepted",
        seen=message("{association}: {answer}", association=known.words, answer=met[known]),
        wanted="a declared device is let in",
        fix=AGAIN,
    )
    status, live = asked(orthanc, "/modalities?expand")
    if status != 200:
        unknown(message("/modalities answers {status}", status=status))
    expect_modalities(live, declared)


@control("orthanc-tls")
def test_exchanges_are_encrypted(orthanc, settings, target):
    """No clear text beyond loopback; TLS 1.2 or later; a certificate that is good for a while."""
    web_port, dicom = settings.imaging_https_port, settings.imaging_dicom_port
    outside = [a for a in target.addresses if ip_address(a).version == 4]
    clear = orthanc.run("/usr/local/sbin/socle-imaging clear " + " ".join(target.addresses)).stdout
    served = [line.split()[0] for line in clear.splitlines() if line.endswith(" 200")]
    expect(
        not served,
        seen=message(
            "HTTP in clear on {addresses}",
            addresses=served or message("no address but loopback"),
        ),
        wanted="HTTP in clear for the machine itself alone",
        fix=AGAIN,
    )
    ports = [web_port]
    if settings.imaging_dicom_tls == "required":
        ports.append(dicom)
        _expect_dicom_tls(orthanc, settings)
    tries = [f"tls 127.0.0.1 {port} {version}" for port in ports for version in ("1.0", "1.1")]
    tries += [f"certificate {a} {port} {TRUSTED} {a} {PEM}" for port in ports for a in outside]
    met = web(orthanc, tries)
    old = [t.removeprefix("tls 127.0.0.1 ") for t, said in met.items() if said == "yes"]
    expect(
        not old,
        seen=message("old TLS (port, version): {tries}", tries=old or message("none")),
        wanted="TLS 1.2 or later",
        fix=AGAIN,
    )
    now = int(orthanc.check_output("date +%s"))
    for one in (t for t in tries if t.startswith("certificate")):
        expect_certificate(
            ":".join(one.split(" ")[1:3]), met[one], now, settings.imaging_certificate_days
        )


def _expect_dicom_tls(host, settings):
    """Neither clear text nor a caller without a certificate gets an association."""
    port, own = settings.imaging_dicom_port, settings.imaging_aet
    plain = Association("127.0.0.1", port, own, "SOCLESONDE", tls=False)
    said = associations(host, [plain])[plain]
    expect(
        said != "accepted" and not said.startswith("rejected"),
        seen=message("DICOM in clear on port {port}: {answer}", port=port, answer=said),
        wanted="no DICOM without TLS",
        fix=AGAIN,
    )


def _served(where, account):
    if account:
        return message("{place} {account}", place=where, account=account)
    return message("{place} without account", place=where)


def _split(met):
    return ((line.split(" "), said) for line, said in met.items())


def _networks(words):
    return {ip_network(word) for word in words}
