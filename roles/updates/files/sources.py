"""Where a machine's software comes from: its sources and the keys that it believes."""

import re
import subprocess
from pathlib import Path

NAMES = ("origin", "label", "suite", "codename")
KEYRINGS = ("/etc/apt/keyrings", "/usr/share/keyrings")


def said(*words, **options):
    """A command's standard output; None where it is missing or fails."""
    try:
        return subprocess.run(
            words, capture_output=True, text=True, check=True, **options
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def said_any(*words):
    """A command's output, whatever its exit status."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def sources():
    """Every source that is switched on: where it stands, its options, what it turned out to be."""
    fields = ("REPO_URI", "RELEASE", "ORIGIN", "LABEL", "SUITE", "CODENAME")
    shown = said("apt-get", "indextargets", "--format", "|".join(f"$({f})" for f in fields)) or ""
    known = {}
    for line in shown.splitlines():
        uri, release, *words = line.split("|")
        names = [word if not word.startswith("$(") else "" for word in words]
        known[uri, release] = dict(zip(NAMES, names, strict=True))
    listed = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    found = []
    for file in listed:
        if not file.is_file() or file.suffix not in {".list", ".sources"}:
            continue
        reader = stanzas if file.suffix == ".sources" else one_liners
        for options, uris, suites in reader(file.read_text(errors="replace")):
            for uri in uris:
                for suite in suites:
                    release = known.get((uri.rstrip("/") + "/", suite))
                    found.append({"file": str(file), "uri": without_secret(uri), "suite": suite,
                                  "options": options, "release": release})  # fmt: skip
    return found


def without_secret(uri):
    """An address as it may stand in a report: without a password in it."""
    return re.sub(r"//[^/@]*@", "//…@", uri)


def one_liners(text):
    """Options, addresses and suites of the lines of a sources.list."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)", line)
        if match:
            pairs = (word.partition("=") for word in (match[1] or "").split())
            yield {key.lower(): value for key, _, value in pairs}, [match[2]], [match[3]]


def stanzas(text):
    """Options, addresses and suites of the stanzas of a .sources file (deb822)."""
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", plain):
        folded = re.sub(r"\n[ \t]+", " ", stanza)
        one = {k.strip().lower(): v.strip() for k, _, v in
               (line.partition(":") for line in folded.splitlines())}  # fmt: skip
        on = one.get("enabled", "yes").lower() not in {"no", "false", "0", "off"}
        if on and "deb" in one.get("types", "").split():
            yield one, one.get("uris", "").split(), one.get("suites", "").split()


def keys():
    """Key files that apt believes for any source, and who owns the key files in use."""
    wide = [str(path) for path in Path("/etc/apt").glob("trusted.gpg*") if path.is_file()]
    wide += sorted(map(str, Path("/etc/apt/trusted.gpg.d").glob("*")))
    rings = [*wide, *(str(path) for folder in KEYRINGS for path in Path(folder).glob("*"))]
    owners = {}
    for line in said_any("dpkg-query", "--search", *rings, "/none").splitlines():
        package, _, path = line.partition(": ")
        owners[path] = package
    changed = said_any("dpkg", "--verify", "debian-archive-keyring").split()
    return {"wide": wide, "owners": owners, "changed": [w for w in changed if w.startswith("/")]}
