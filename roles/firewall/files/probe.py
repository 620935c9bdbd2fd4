"""What else loads packet filter rules at the next start, and whether the way in outlasts it.

Loads it in the order of a start, and our rules at their turn, into a throw-away network namespace,
in which the connection in use is made anew. Read-only. Arguments: client, its port, server and its
port in one word (empty: not connected by SSH), then the files of our rules (none: a stand-in, since
an apply may be about to write others). Prints a line each:
  loads UNIT FILE          what was tried
  cut UNIT FILE            from there on the connection is not admitted anew
  lost UNIT FILE           from there on our rules are gone, or others
  unread ran UNIT FILE     it cannot be tried; it has run since the machine started
  unread waits UNIT FILE   nor has it run
  end                      or "late": it took too long, and nothing else is printed
"""

import contextlib
import ctypes
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

OURS, TABLE, FIRST = "socle-firewall.service", "inet socle", "nftables.service"
FILTERS = re.compile(r"nft|ip6?tables(-nft|-legacy)?(-restore)?")
MENTION = re.compile(rb"\b(nft|(ip6?|eb|arp)tables)\b")
ANYTHING = re.compile(b"")
SCRIPT_BEGINS, NO_PROGRAM = re.compile(rb"#!"), re.compile(rb"(?!\x7fELF)")
RUNNERS = re.compile(  # programs that run others, or scripts that may begin like any text
    r"(ba|da|a|z|k|mk|fi|c|tc)?sh|(python|perl|ruby|lua|tclsh|php)[\d.]*|node|busybox|env|nice|ionice"
    r"|chrt|taskset|nohup|setsid|timeout|stdbuf|flock|xargs|sudo|su|runuser|setpriv|systemd-run"
)
RISES = {"sudo", "su", "pkexec", "doas", "runuser", "machinectl", "systemd-run"}
PLACES = re.compile(r"/[^\s;&|()<>'\"`]+")
OTHERS = ("ferm", "firehol", "firewalld", "shorewall", "shorewall6")
ADDING = ("lxc-net", "wg-quick")  # scripts that make rules for their own networks alone
UFW, SWITCHED_ON = "/etc/ufw/ufw.conf", re.compile(rb"^ENABLED=[\"']?yes", re.MULTILINE)
PLUGINS = Path("/usr/share/netfilter-persistent/plugins.d")
SAVED = {
    "15-ip4tables": ("iptables-restore", "/etc/iptables/rules.v4"),
    "25-ip6tables": ("ip6tables-restore", "/etc/iptables/rules.v6"),
}
"""What those of Debian's plugins load that are read here."""
INTERFACES = ("/etc/network/interfaces", "/etc/network/interfaces.d", "/etc/network/if-pre-up.d",
              "/etc/network/if-up.d")  # fmt: skip
RC_LOCAL, SYSV = "/etc/rc.local", "/etc/init.d"
LINKED = Path("/etc"), "rc[2-5].d/S[0-9][0-9]?*"  # where a link has a script of SYSV started
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
         "/usr/lib/systemd/system")  # fmt: skip
ENABLED, STARTED = Path(UNITS[0]), (".service", ".target")
STARTS = ("ExecStartPre", "ExecStart", "ExecStartPost")
WANTS = ("Wants", "Requires", "BindsTo", "Upholds")
FULL = re.compile(r" ; flags=[^;]*\b(privileged|no-setuid|ambient)\b")  # "+", "!", "!!"
ASKED = ("Id", *STARTS, *(f"{start}Ex" for start in STARTS), *WANTS, "User", "DynamicUser",
         "AmbientCapabilities", "PermissionsStartOnly", "After", "Before", "NeedDaemonReload",
         "ActiveState", "ExecMainStartTimestampMonotonic", "WorkingDirectory")  # fmt: skip
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SECONDS, ATTEMPT = 10, 1  # for a program; for a connection over a cable that loses nothing
WHOLE = 240  # seconds for everything: less than an apply waits for
MEMORY, SCRIPT = 1 << 29, 1 << 16  # bytes: of each program; that are read of a script
MOST = 64  # devices

libc = ctypes.CDLL(None, use_errno=True)


class Unread(Exception):
    """Nobody knows what would come of this file."""


def run(*words, text=""):
    """What a program prints. Raises Unread where it fails or takes too long."""
    try:
        return subprocess.run(
            words, input=text, capture_output=True, text=True, errors="replace", timeout=SECONDS,
            check=True, cwd="/",
        ).stdout  # fmt: skip
    except (OSError, ValueError, MemoryError, subprocess.SubprocessError) as error:
        raise Unread(words[0]) from error


def services():
    """The units of the next start: name -> properties, those of STARTS as lists of words.

    Those of the default target, those linked since systemd was reloaded, what generators will add,
    and what any of these wants itself.
    """
    listed = run("systemctl", "list-dependencies", "--plain", "--no-pager", "default.target")
    scripts, names = generated(), set(listed.split())
    known = {OURS, *(name for name in names if name.endswith(".target"))}  # with what they want
    names |= {*scripts, *enabled()}
    found = {}
    while names := {name for name in names - known if "@." not in name and name.endswith(STARTED)}:
        known |= names
        for unit in shown(names):
            if scripts.get(unit["Id"]) and not any(unit[start] for start in STARTS):
                unit["ExecStart"] = [scripts[unit["Id"]]]
            found[unit["Id"]] = unit
        names = {name for unit in found.values() for name in unit["Wants"]}
    return found


def shown(names):
    """What systemd says of units, as `services` returns it."""
    asked = ("systemctl", "show", "--no-pager", "--property=" + ",".join(ASKED), "--")
    for block in run(*asked, *sorted(names)).split("\n\n"):
        unit = {"Wants": [], **{name: [] for name in STARTS}}
        for name, _, value in (line.partition("=") for line in block.splitlines()):
            argv = re.search(r"argv\[\]=(.*?) ; ", value)
            if name in WANTS:
                unit["Wants"] += value.split()
            elif name.endswith("Ex"):
                unit["Full"] = unit.get("Full") or FULL.search(value)
            elif name not in STARTS:
                unit[name] = value
            elif argv:
                unit[name].append(argv[1].split())
        yield unit


def enabled():
    """What is linked to be started, which systemd may not have read yet, and takes seconds to list.

    A link beside the units gives one another name; one of the same name, or to nothing, does not.
    """
    beside = (link for link in ENABLED.glob("*.service") if link.is_symlink())
    names = {link.name for link in beside if link.readlink().name not in (link.name, "null")}
    return names | {link.name for link in ENABLED.glob("*/*")}


def generated():
    """What generators add at the next start: service -> command; none where systemd knows it.

    Of a script that has a unit of its own they make none.
    """
    folder, links = LINKED
    linked = {service_of(link.name[3:]) for link in folder.glob(links)}
    scripts = {
        service_of(file.name): [str(file), "start"]
        for file in sorted(Path(SYSV).glob("*"))
        if file.is_file() and os.access(file, os.X_OK)
    }
    found = {
        name: command
        for name, command in scripts.items()
        if name in linked and not any(os.path.lexists(f"{place}/{name}") for place in UNITS)
    }
    return {**found, "rc-local.service": []} if os.access(RC_LOCAL, os.X_OK) else found


def service_of(script):
    """The service that systemd makes of a script of SYSV."""
    name = os.fsencode(script.removesuffix(".sh"))
    escaped = re.sub(rb"[^\w.:-]", lambda found: b"\\x%02x" % found[0][0], name)
    return escaped.decode() + ".service"


def loads(name, unit):
    """The commands by which a service loads rules, each with its file; None in place of ours.

    Raises Unread.
    """
    label = name.partition(".")[0]
    if powerless(unit):
        return
    if label in OTHERS or (label == "ufw" and mentions(UFW, SWITCHED_ON)):
        raise Unread(UFW if label == "ufw" else name)
    for words in (words for start in STARTS for words in unit[start]):
        program = words[0].rpartition("/")[2]
        file = next((word for word in reversed(words) if word.startswith("/")), words[0])
        if program == "netfilter-persistent":
            yield from saved()
        elif FILTERS.fullmatch(program):
            script = mentions(words[0], ANYTHING, SCRIPT_BEGINS)
            if script or "$" in "".join(words) or unit["NeedDaemonReload"] == "yes":
                raise Unread(file)
            yield None if file.startswith("/etc/socle/") else words, file
        elif label != "ufw" and scripted(program, words, unit.get("WorkingDirectory", "")):
            raise Unread(file)
    for place in INTERFACES if name == "networking.service" else ():
        if any(map(mentions, [place, *Path(place).glob("*")])):
            raise Unread(place)


def powerless(unit):
    """Whether a service runs as somebody who may load nothing, unless its own words ask for more.

    What is in that account's files is its own affair: they are not even opened.
    """
    words = {word.rpartition("/")[2] for start in STARTS for one in unit[start] for word in one}
    return (
        (unit.get("User", "") not in ("", "root", "0") or unit.get("DynamicUser") == "yes")
        and "cap_net_admin" not in unit.get("AmbientCapabilities", "")
        and unit.get("PermissionsStartOnly") != "yes"
        and not unit.get("Full")
        and not words & RISES
    )


def saved():
    """What Debian's netfilter-persistent, which runs plugins, loads."""
    for plugin in sorted(PLUGINS.glob("*")):
        if plugin.name not in SAVED:
            raise Unread(plugin)
        program, file = SAVED[plugin.name]
        if Path(file).exists():
            yield (program, file), file


def scripted(program, words, folder):
    """Whether one of RUNNERS is told, or a script holds, the name of a program that loads rules."""
    if program in ADDING:
        return False
    if not RUNNERS.fullmatch(program):
        return any(mentions(word, begin=SCRIPT_BEGINS) for word in words)
    told = " ".join(words[1:])
    here = Path("/", folder.lstrip("!"))  # "!": it may be absent
    files = {*PLACES.findall(told), *filter(None, map(shutil.which, words[1:]))}
    files |= {here / word for word in words[1:]}
    return bool(MENTION.search(told.encode())) or any(map(mentions, files))


def mentions(file, what=MENTION, begin=NO_PROGRAM):
    """Whether a file that begins like this holds such words."""
    with contextlib.suppress(OSError, ValueError):
        text = beginning(str(file))
        return bool(begin.match(text)) and bool(what.search(text))
    return False


def beginning(file):
    """What a regular file begins with; nothing else is opened, nor what a person's link leads to.

    Raises OSError and ValueError.
    """
    place = os.open(file, os.O_PATH)
    try:
        there, led = Path(f"/proc/self/fd/{place}"), (Path(file), *Path(file).parents)
        followed = there.readlink() != led[0]
        if followed and any(part.lstat().st_uid for part in led):
            return b""
        if not stat.S_ISREG(os.fstat(place).st_mode):
            return b""
        with os.fdopen(os.open(there, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
            return opened.read(SCRIPT)
    finally:
        os.close(place)


class Scratch:
    """A throw-away network namespace like the host's, where this process goes, and one of the
    client's.

    Raises Unread where they cannot be made, or do not reach each other without any rules.
    """

    def __init__(self, connection):
        """``connection``: client, its port, server, its port; or nothing."""
        devices = {place.name for place in Path("/sys/class/net").iterdir()} - {"lo"}
        self.listener, way = None, ""
        if connection:
            client, _, server, port = connection
            way = client.partition("%")[2] or towards(client)
        self.theirs, self.own = new_network(), new_network()
        batch = "".join(f"link add {name} type veth\n" for name in sorted(devices - {way})[:MOST])
        with contextlib.suppress(Unread):  # rules may name any of them
            run("ip", "-force", "-batch", "-", text=batch)
        run("ip", "link", "set", "lo", "up")
        if way not in ("", "lo"):
            self.join(way, client.partition("%")[0], server.partition("%")[0], int(port))
            if not any(self.admitted() for _ in range(3)):  # it may take a moment to be there
                raise Unread("ip")

    def join(self, device, client, server, port):
        """Lay a cable with the addresses of the connection in use, and listen at its port."""
        self.family = socket.AF_INET6 if ":" in client else socket.AF_INET
        cable = f"link add {device} type veth peer name socle netns"
        run("ip", *cable.split(), f"/proc/{os.getpid()}/fd/{self.theirs}")
        plug(device, server, client)
        with self.elsewhere():
            plug("socle", client, server)
            scope = socket.if_nametoindex("socle")
        self.target = (server, port, 0, scope) if ":" in client else (server, port)
        self.listener = socket.socket(self.family, socket.SOCK_STREAM)
        self.listener.bind(("", port))
        self.listener.listen(MOST)

    @contextlib.contextmanager
    def elsewhere(self):
        """Be in the client's namespace meanwhile."""
        libc.setns(self.theirs, NEW_NETWORK)
        yield
        libc.setns(self.own, NEW_NETWORK)

    def admitted(self):
        """Whether the connection comes about anew. True where there is none."""
        if not self.listener:
            return True
        with self.elsewhere(), socket.socket(self.family, socket.SOCK_STREAM) as attempt:
            attempt.settimeout(ATTEMPT)
            return attempt.connect_ex(self.target) == 0


def new_network():
    """Enter a new network namespace; a descriptor of it."""
    if libc.unshare(NEW_NETWORK):
        raise Unread("unshare")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def towards(address):
    """The device through which packets to an address leave."""
    return run("ip", "-oneline", "route", "get", address).partition(" dev ")[2].split()[0]


def plug(device, own, other):
    """Give a device its address, and the way to the other end's."""
    length, more = ("/128", ["nodad"]) if ":" in own else ("/32", [])
    near = own.startswith("fe80:")
    run("ip", "address", "add", own + ("/64" if near else length), "dev", device, *more)
    run("ip", "link", "set", device, "up")
    if not near:
        run("ip", "route", "add", other, "dev", device)


def tables():
    """All tables but ours, as nft lists them; none where there is no nft."""
    with contextlib.suppress(Unread):
        listed = re.findall(r"^table .*?^}$", run("nft", "-s", "list", "ruleset"), re.M | re.S)
        return {text for text in listed if not text.startswith(f"table {TABLE} ")}
    return set()


def legacy():
    """Whether there are rules of the older packet filter, which nft does not list."""
    files = map(Path, ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"))
    return any(file.exists() and file.read_text() for file in files)


def ours():
    """Our table, as nft lists it; empty where there is none."""
    with contextlib.suppress(Unread):
        return run("nft", "-s", "list", "table", *TABLE.split())
    return ""


def in_order(names, units):
    """The services of a start in its order; ours first but for those that it waits for."""
    later = sorted(names, key=lambda name: len(names & set(units[name]["After"].split())))
    first = [name for name in later if name == FIRST or OURS in units[name]["Before"].split()]
    return [*first, OURS, *(name for name in later if name not in first)]


class Start:
    """A start, tried out in a `Scratch`."""

    def __init__(self, connection, files):
        """``files``: those of our rules; none: a stand-in."""
        self.live, self.scratch, self.files = tables(), Scratch(connection), files
        self.wanted, self.cut, self.lost = "", None, None

    def load(self, words, name, file):
        """Load a file (no ``words``: ours); see whether the way in and our rules are still there.

        Raises Unread.
        """
        if words:
            run(*words)
        elif self.files:
            run("sh", "-c", "for file; do nft -f $file || exit 1; done", "sh", *self.files)
        else:
            run("nft", "-f", "-", text=f"table {TABLE} {{ }}")
        if name == OURS:
            self.wanted = ours()
        self.cut = None if self.scratch.admitted() else self.cut or ("cut", name, file)
        self.lost = None if ours() == self.wanted else self.lost or ("lost", name, file)

    def losses(self):
        """What is printed in the end. Tables that are loaded already have admitted the client."""
        if self.cut and (legacy() or not tables() <= self.live):
            yield self.cut
        if self.lost:
            yield self.lost


def answers(connection, files):
    """All that is printed, as words."""
    units, found = services(), {}
    for name, unit in units.items():
        try:
            found[name] = list(loads(name, unit))
        except Unread as file:
            yield "unread", since(unit), name, file
    found = {name: steps for name, steps in found.items() if any(words for words, _ in steps)}
    try:
        start = Start(connection, files) if found else None
    except (Unread, OSError):
        yield from (("unread", since(units[n]), n, steps[0][1]) for n, steps in found.items())
        return
    for name in in_order(found.keys(), units) if start else ():
        for words, file in found.get(name, [(None, OURS)]):
            said = ("loads", name, file)
            try:
                start.load(words, name, file)
            except Unread:
                said = ("unread", since(units.get(name, {})), name, file)
            if words:
                yield said
    yield from start.losses() if start else ()


def since(unit):
    """Whether a service has run since the machine started."""
    ran = unit.get("ExecMainStartTimestampMonotonic", "0") != "0"
    return "ran" if ran or unit.get("ActiveState") == "active" else "waits"


def late(*_):
    """End, and whatever was begun."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    os.write(sys.stdout.fileno(), b"late\n")
    os._exit(0)


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):  # it leads a session, and so a group
        os.setpgid(0, 0)
    signal.signal(signal.SIGALRM, late)
    signal.alarm(WHOLE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.reconfigure(errors="backslashreplace")
    for words in answers(sys.argv[1].split(), sys.argv[2:]):
        sys.stdout.write(" ".join(" ".join(str(word).split()) for word in words) + "\n")
    sys.stdout.write("end\n")
