"""Which updates are pending, and since when this machine has seen them.

With --record, after each run of the updates: the first day on which each pending update was seen
goes to a file. Without: only definitions, which the checks use too.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

RECORD = Path("/var/lib/socle/updates/pending.json")
LINE = re.compile(r"Inst (\S+) \[[^]]*\] \((\S+) (.*?)(?: \[[^]]*\])?\)")
PINS = Path("/etc/apt/preferences")
NO_PINS = ("-o", "Dir::Etc::Preferences=/dev/null", "-o", "Dir::Etc::PreferencesParts=/dev/null")


def simulated(*options):
    """Package -> archives of its newer version, as `apt-get dist-upgrade` would install it.

    Raises subprocess.CalledProcessError where apt cannot tell.
    """
    words = ["apt-get", "-s", "-qq", "-o", "Debug::NoLocking=1", *options, "dist-upgrade"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return {found[1]: found[3] for found in map(LINE.match, said.splitlines()) if found}


def is_security(archives):
    """Whether a version comes from the distribution's security archive."""
    return re.search(r"-security\b", archives) is not None


def pending():
    """Package -> whether its pending update is a security update.

    Neither a hold nor a pin hides a security update; what pins keep away is not pending else.
    """
    found = {name: is_security(archives) for name, archives in simulated().items()}
    if something_hides():
        everything = simulated("--ignore-hold", *NO_PINS)
        found.update({name: True for name, archives in everything.items() if is_security(archives)})
    return found


def something_hides():
    """Whether there are holds or pins at all: the second simulation costs a second."""
    words = ["dpkg", "--get-selections"]
    selected = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    pins = [PINS, *PINS.with_suffix(".d").glob("*")]
    return "\thold\n" in selected or any(pin.is_file() for pin in pins)


def recorded():
    """Package -> the first moment (Unix time) at which a run saw its update pending."""
    try:
        return json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def record():
    """Keep the first moments of what is still pending, forget what was installed."""
    before, now = recorded(), int(time.time())
    text = json.dumps({name: before.get(name, now) for name in sorted(pending())})
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    new = RECORD.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(RECORD)


if sys.argv[1:] == ["--record"]:
    record()
