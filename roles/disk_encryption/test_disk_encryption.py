"""What lies on the machine's disks and what its memory leaves there, asked of the kernel."""

from socle.machine.blockstack import Encryption
from socle.verify import AGAIN, control, expect, message, unknown

GUIDE = "docs/fr/chiffrement-des-disques.md"
WAY_OUT = message(
    "nothing encrypts a disk in use safely: check the backup and restore from it first, then "
    "reinstall with encryption, or encrypt offline (cryptsetup reencrypt --encrypt from a rescue "
    "system); step by step in {guide}",
    guide=GUIDE,
)
TARGETS = ("hibernate.target", "hybrid-sleep.target", "suspend-then-hibernate.target")
CAN_HIBERNATE = (
    "busctl call org.freedesktop.login1 /org/freedesktop/login1 "
    "org.freedesktop.login1.Manager CanHibernate"
)


@control("disk-encryption-full")
def test_whatever_lies_on_a_disk_is_encrypted(disks):
    """Every file system, mounted or not, has an encrypting layer on each way down to a disk."""
    places = disks.storage()
    expect_encrypted(
        places, "whatever holds files is encrypted; only /boot is not", disks.left_out()
    )


@control("swap-encrypted")
def test_memory_never_reaches_a_disk_in_clear(host, settings, disks):
    """Swap and the hibernation target are encrypted; nothing hibernates where it is not wanted."""
    hibernation = disks.hibernation()
    places = [*disks.swaps(), *([hibernation] if hibernation else [])]
    expect_encrypted(places, "swap and hibernation only on encrypted devices or in memory")
    random = disks.random_swaps()
    allowed = settings.disk_encryption_hibernation
    expect(
        not (allowed and random),
        seen=message("swap with a random key: {devices}", devices=random or message("none")),
        wanted="hibernation only where the swap's key is kept (disk_encryption_hibernation)",
        fix="set disk_encryption_hibernation to false, or put swap on a LUKS volume",
    )
    if not allowed:
        expect_no_hibernation(host)


def expect_encrypted(places, wanted, left_out=None):
    """Every place is encrypted; the culprits are named with device, mount and amount.

    ``left_out``: what is not judged, where that is told.
    """
    plain = [place for place in places if place.encryption is Encryption.PLAIN]
    found = [place.words for place in plain or places]
    found = found or message("nothing of the kind on this machine")
    seen = message("{places;}", places=found)
    if left_out is not None:
        others = left_out or message("nothing")
        seen = message("{places;}; not judged: {others}", places=found, others=others)
    expect(not plain, seen=seen, wanted=wanted, fix=WAY_OUT)
    unsure = [place for place in places if place.encryption is Encryption.UNSURE]
    if unsure:
        places = [place.words for place in unsure]
        unknown(message("what lies there cannot be told: {places;}", places=places))


def expect_no_hibernation(host):
    """What logind would answer to whoever asks for it, and what its targets say."""
    states = host.run("systemctl is-enabled " + " ".join(TARGETS)).stdout.split()
    said = host.run(CAN_HIBERNATE).stdout.split()
    answer = said[-1].strip('"') if said else message("no logind")
    expect(
        set(states) == {"masked"} and answer not in ("yes", "challenge"),
        seen=message(
            "hibernation: {states}; logind says {answer}",
            states=states or message("unknown"),
            answer=answer,
        ),
        wanted="hibernation, hybrid sleep and suspend-then-hibernate masked",
        fix=AGAIN,
    )
