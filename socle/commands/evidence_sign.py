"""``socle evidence keygen | sign | verify``: who vouches for a report, and is it still the same?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from socle.commands.console import say, warn

if TYPE_CHECKING:
    from socle.baseline.evidence import Authority
    from socle.evidence.signature import Result, Trust


def keygen(
    practice: Path,
    *,
    principal: str | None = None,
    passphrase: bool = True,
) -> int:
    """Make a key to sign a practice's evidence with, and let it sign: allowed_signers.

    A key that is there already is kept, and let sign.

    The private key stays with you, outside of the checkout; ssh-keygen asks for its passphrase.
    Commit inventories/PRACTICE/allowed_signers: it holds public keys only.
    Exit code: 0, or 2 nothing was made.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    principal
        Who signs for the practice: an e-mail address, else your account's name.
    passphrase
        Ask for a passphrase, on the terminal or by SSH_ASKPASS with SSH_ASKPASS_REQUIRE=force.
        --no-passphrase is for a demonstration only.
    """
    import getpass  # noqa: PLC0415 - `socle --help` needs none of these

    from socle.baseline import evidence  # noqa: PLC0415
    from socle.baseline.checkout import find_root  # noqa: PLC0415
    from socle.evidence import principals  # noqa: PLC0415
    from socle.evidence.keys import make  # noqa: PLC0415

    folder = practice_folder(practice)
    settings = evidence.read(folder)
    name = principals.of_practice(settings.practice_id, principal or getpass.getuser())
    fresh = make(
        settings.signing_key,
        name,
        settings.signers,
        outside=(find_root(folder), folder),
        passphrase=passphrase,
    )
    made = "made" if fresh else "it was there already"
    say(f"{settings.signing_key}: the private key, {made}. It never leaves this computer.")
    say(f"{settings.signers}: {name} may sign evidence. Commit this file.")
    return 0


def sign(
    *files: Path,
    practice: Path | None = None,
    key: Path | None = None,
) -> int:
    """Sign evidence: FILE.manifest and FILE.sig appear beside each file, FILE.tsr if stamped.

    Exit code: 0 all is signed (and stamped, where the practice requires it), 2 it is not.

    Parameters
    ----------
    files
        Reports and bundles.
    practice
        Folder of the practice whose key and time stamping authority are used (evidence.yml).
    key
        Another key: a private key's file, or the public half of one that ssh-agent holds.
    """
    from socle.baseline import evidence  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence import signature  # noqa: PLC0415

    if not files:
        raise SocleError("expected files to sign: socle evidence sign FILE --practice PRACTICE")
    settings = evidence.read(practice_folder(practice)) if practice else None
    used = settings.signing_key if key is None and settings else key
    if used is None:
        raise SocleError("expected --practice PRACTICE or --key KEY: whose signature is it?")
    for file in files:
        signature.sign(file, used)
        say(f"{file}: signed")
        if settings and settings.authority:
            _stamp(file, settings.authority)
    return 0


def _stamp(file: Path, authority: Authority) -> None:
    """Stamp the signature; without the authority it stays, and is an error where required."""
    from socle.evidence.signature import stamp  # noqa: PLC0415
    from socle.evidence.timestamp import Unavailable  # noqa: PLC0415

    try:
        stamped = stamp(file, authority.url, authority.certificates)
    except Unavailable as error:
        if authority.required:
            raise
        warn(str(error))
        warn(f"{file}: signed, but not time stamped")
    else:
        say(f"{file}: stamped at {_utc(stamped.time)} by {stamped.authority}")


def verify(
    *places: Path,
    practice: Path | None = None,
    allowed_signers: Path | None = None,
    revoked: Path | None = None,
    authorities: Path | None = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Say for each file who signed it, when, and whether one byte changed since.

    A key vouches for bundles of its own practice, or its own machine, alone.
    Exit code: 0 all is good, 1 something is altered, unsigned or not to be trusted, 2 the words
    are wrong. A file that was removed together with its signature leaves no trace here.

    Parameters
    ----------
    places
        Files, or folders with all that is in them.
    practice
        Folder of the practice whose allowed_signers, revoked_signers and authority count.
    allowed_signers
        Who may sign (the format is in ssh-keygen(1), dates count in UTC).
    revoked
        Revoked keys: public keys, or a KRL.
    authorities
        Certificates of time stamping authorities (PEM).
    quiet
        Show only what is not good.
    """
    from socle.commands.evidence_trust import checked, known  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence.manifest import evidence  # noqa: PLC0415

    if not places:
        raise SocleError("expected files or folders: socle evidence verify FOLDER --practice …")
    believed = trust(practice, allowed_signers, revoked, authorities)
    asked, good = None if allowed_signers else known(practice), True
    files, unsearched = evidence(places)
    refused = set(unsearched)
    for file in files:
        try:
            result = checked(file, believed, asked)
        except SocleError as error:  # the others are looked at
            refused.add(str(error))
            continue
        good = good and result.good
        if not (quiet and result.good):
            tell(result)
    if refused:
        raise SocleError("\n".join(sorted(refused)))
    return 0 if good else 1


def trust(
    practice: Path | None, signers: Path | None, revoked: Path | None, authorities: Path | None
) -> Trust:
    """Whom to believe: what is named, else what the practice has.

    Raises SocleError: nobody, or ``authorities`` holds no certificate.
    """
    from socle.baseline import evidence  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence.signature import Trust  # noqa: PLC0415

    if practice is not None:
        known = evidence.read(practice_folder(practice)).trust
        signers, revoked = signers or known.signers, revoked or known.revoked
        authorities = authorities or known.authorities
    if signers is None:
        raise SocleError("expected --practice PRACTICE or --allowed-signers FILE: whom to believe?")
    if authorities is not None:
        from socle.evidence.timestamp import certificates  # noqa: PLC0415

        certificates(authorities)
    return Trust(signers, revoked, authorities)


def tell(result: Result) -> None:
    """Say what came of a signature."""
    style = "green" if result.good else "bold red"
    say(f"{'✔' if result.good else '✘'} {result.state}: {result.file}", style=style)
    if result.detail:
        say(f"  {result.detail}")
    if result.signer:
        say(f"  signed by {result.signer} ({result.key})")
    if result.stamp:
        say(f"  stamped at {_utc(result.stamp.time)} by {result.stamp.authority}")
    elif result.claimed:
        say(f"  signed at {_utc(result.claimed)}, as the signer claims")


def _utc(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def practice_folder(practice: Path) -> Path:
    """The practice's folder, absolute. Raises SocleError: it is none."""
    from socle.errors import SocleError  # noqa: PLC0415

    if not (practice / "hosts.yml").is_file():
        raise SocleError(f"{practice}: expected a practice, a folder with hosts.yml")
    return practice.absolute()
