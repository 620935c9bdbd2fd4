"""What lies on the machine's disks and what its memory leaves there, asked of the kernel."""

from socle.machine.blockstack import Encryption
from socle.verify import AGAIN, control, expect, unknown

GUIDE = "docs/fr/chiffrement-des-disques.md"
WAY_OUT = (
    "nothing encrypts a disk in use safely: check the backup and restore from it first, then "
    "reinstall with encryption, or encrypt offline (cryptsetup reencrypt --encrypt from a rescue "
    f"system); step by step in {GUIDE}"
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
    left_out = f"; not judged: {', '.join(disks.left_out()) or 'nothing'}"
    expect_encrypted(places, "whatever holds files is encrypted; only /boot is not", left_out)


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
        seen=f"swap with a random key: {', '.join(random) or 'none'}",
        wanted="hibernation only where the swap's key is kept (disk_encryption_hibernation)",
        fix="set disk_encryption_hibernation to false, or put swap on a LUKS volume",
    )
    if not allowed:
        expect_no_hibernation(host)


def expect_encrypted(places, wanted, remark=""):
    """Every place is encrypted; the culprits are named with device, mount and amount."""
    plain = [place for place in places if place.encryption is Encryption.PLAIN]
    seen = "; ".join(map(str, plain or places)) or "nothing of the kind on this machine"
    expect(not plain, seen=seen + remark, wanted=wanted, fix=WAY_OUT)
    unsure = [place for place in places if place.encryption is Encryption.UNSURE]
    if unsure:
        unknown("what lies there cannot be told: " + "; ".join(map(str, unsure)))


def expect_no_hibernation(host):
    """What logind would answer to whoever asks for it, and what its targets say."""
    states = host.run("systemctl is-enabled " + " ".join(TARGETS)).stdout.split()
    said = host.run(CAN_HIBERNATE).stdout.split()
    answer = said[-1].strip('"') if said else "no logind"
    expect(
        set(states) == {"masked"} and answer not in ("yes", "challenge"),
        seen=f"hibernation: {', '.join(states) or 'unknown'}; logind says {answer}",
        wanted="hibernation, hybrid sleep and suspend-then-hibernate masked",
        fix=AGAIN,
    )
