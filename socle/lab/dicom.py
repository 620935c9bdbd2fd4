"""An imaging server as the fined doctors had it, and a modality that sends to it.

Real parts: Orthanc, DCMTK, and studies of nobody that the modality makes itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from socle.lab.spec import Lab
from socle.lab.steps import do, install

HTTP, DICOM, TITLE = 8042, 4242, "ORTHANC"
"""Where an Orthanc that nobody configured listens, and how it is called."""
STORAGE = "/var/lib/orthanc"
STUDIES = "/root/studies"
TLS = "/root/tls"

# Debian's own file keeps strangers out by default. This is what one finds where somebody "made it
# work": no account, any title, any address, everything allowed.
_OPEN = """\
{
  "StorageDirectory": "/var/lib/orthanc/db-v6",
  "IndexDirectory": "/var/lib/orthanc/db-v6",
  "HttpServerEnabled": true,
  "HttpPort": 8042,
  "DicomServerEnabled": true,
  "DicomPort": 4242,
  "DicomAet": "ORTHANC",
  "DicomCheckCalledAet": false,
  "RemoteAccessAllowed": true,
  "AuthenticationEnabled": false,
  "DicomAlwaysAllowEcho": true,
  "DicomAlwaysAllowStore": true,
  "DicomAlwaysAllowFind": true,
  "DicomAlwaysAllowGet": true
}
"""
_WAIT = f"""for _ in $(seq 150); do
    curl -fsS -o /dev/null http://127.0.0.1:{HTTP}/system 2>/dev/null && exit 0; sleep 0.2
done; journalctl -u orthanc -n 5 >&2; exit 1"""

_READABLE = f"""find {STORAGE} -type f -size +132c -exec sh -c '
for file; do dd if="$file" bs=1 skip=128 count=4 status=none; echo; done' sh {{}} + 2>/dev/null |
    grep -c DICM || true"""


def open_server(lab: Lab, machine: str) -> None:
    """Install Orthanc and leave it open to everybody, for HTTP and for DICOM."""
    install(lab, machine, "orthanc")
    do(lab, machine, "rm -f /etc/orthanc/*.json; cat >/etc/orthanc/orthanc.json", _OPEN)
    do(lab, machine, f"chmod 755 {STORAGE}; systemctl restart orthanc; {_WAIT}")


def make_studies(lab: Lab, machine: str, count: int, folder: str = STUDIES) -> None:
    """Synthetic studies of patients who do not exist, one small image each, in ``folder``."""
    program = (files("socle.lab") / "studies.py").read_text(encoding="utf-8")
    do(lab, machine, f"python3 - {folder} {count}", program)


def readable_files(lab: Lab, machine: str, account: str = "nobody") -> int:
    """How many images of the server's folder an account that is nobody's may read."""
    words = f"setpriv --reuid={account} --clear-groups sh"
    return int(do(lab, machine, words, _READABLE).strip() or 0)


@dataclass(frozen=True)
class Modality:
    """A device with DCMTK's programs. ``server``: the imaging server's machine.

    ``port`` and ``called`` say where it sends to; with ``tls`` it uses the certificate that
    `certify` has brought.
    """

    lab: Lab
    machine: str
    server: str
    title: str = "ECHO1"
    port: int = DICOM
    called: str = TITLE
    tls: bool = False

    def certify(self) -> None:
        """Make a key on the device, have its certificate signed by the server, and trust that."""
        key = f"umask 077; mkdir -p {TLS}; cd {TLS}; [ -s key ] || openssl req -new -newkey "
        key += f"rsa:2048 -nodes -subj /CN={self.machine} -keyout key -out request 2>/dev/null"
        self._do(key)
        request = self._do(f"cat {TLS}/request")
        sign = "umask 077; cat >/run/request; socle-imaging sign /run/request; rm /run/request"
        texts = {
            "crt": do(self.lab, self.server, sign, request),
            "authority": do(self.lab, self.server, "socle-imaging authority"),
        }
        for name, text in texts.items():
            self._do(f"cat >{TLS}/{name}", text)

    def store(self, *studies: str) -> None:
        """Send files, by C-STORE. ``LabError`` when the server does not take them."""
        self._call("storescu", *studies)

    def count(self) -> int:
        """How many studies a query finds, by C-FIND."""
        query = "-S -X -od /run/found -k QueryRetrieveLevel=STUDY -k StudyInstanceUID"
        self._do("rm -rf /run/found; mkdir /run/found")
        self._call("findscu", words=query)
        return int(self._do("ls /run/found | wc -l"))

    def _call(self, program: str, *behind: str, words: str = "") -> None:
        keys = f"+tls {TLS}/key {TLS}/crt +cf {TLS}/authority" if self.tls else ""
        address = self.lab.machine(self.server).addresses[0]
        ends = f"-aet {self.title} -aec {self.called} {address} {self.port}"
        self._do(f"timeout 30 {program} -to 5 {keys} {words} {ends} {' '.join(behind)} 2>&1")

    def _do(self, command: str, stdin: str = "") -> str:
        return do(self.lab, self.machine, command, stdin)


def view(lab: Lab, workstation: str, server: str, port: int, account: tuple[str, str]) -> int:
    """How many studies a workstation's viewer lists over HTTPS. ``LabError`` when it is refused.

    ``account``: name and password; they go by standard input, and appear in no list of processes.
    """
    authority = do(lab, server, "socle-imaging authority")
    do(lab, workstation, "cat >/run/authority.crt", authority)
    address = lab.machine(server).addresses[0]
    words = f"--cacert /run/authority.crt -K - https://{address}:{port}/studies"
    told = 'user = "{}:{}"\n'.format(*account)
    said = do(lab, workstation, f"curl -fsS --max-time 20 {words}", told)
    return len(json.loads(said))
