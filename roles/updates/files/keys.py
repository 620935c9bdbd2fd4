"""The keys that apt believes, whose they are, and which of apt's own files were changed."""

from pathlib import Path

from apt_ask import places, printed

KEYRINGS = ("/etc/apt/keyrings", "/usr/share/keyrings")
OWN_PACKAGES = ("debian-archive-keyring", "apt", "unattended-upgrades")


def keys():
    """Key files that apt believes for any source, and who owns the key files in use."""
    where = places()
    file = where.get("trusted", "/etc/apt/trusted.gpg")
    wide = [file] if Path(file).is_file() else []
    wide += sorted(map(str, Path(where.get("trusted_parts", "/nowhere")).glob("*")))
    rings = [*wide, *(str(path) for folder in KEYRINGS for path in Path(folder).glob("*"))]
    owners = {}
    for line in printed("dpkg-query", "--search", *rings, "/none").splitlines():
        package, _, path = line.partition(": ")
        owners[path] = package
    changed = [line for one in OWN_PACKAGES
               for line in printed("dpkg", "--verify", one).splitlines()]  # fmt: skip
    return {"wide": wide, "owners": owners,
            "changed": [line.split()[-1] for line in changed if " c /" not in line]}  # fmt: skip
