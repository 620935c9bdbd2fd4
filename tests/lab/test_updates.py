"""Updates that really happen: signed repositories on the network, the timer's own service."""

from __future__ import annotations

import time

import pytest

from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab

RUN = "systemctl start apt-daily-upgrade.service"
WORK = "mkdir -p /srv/depots && cd /srv/depots\n"
PUBLISHER = (
    WORK
    + """
export DEBIAN_FRONTEND=noninteractive
apt-get -qq --yes --no-install-recommends install gpg gpg-agent apt-utils >/dev/null
gpg --batch --quiet --passphrase '' --quick-generate-key 'Essai <essai@example.com>' ed25519 sign
gpg --armor --export >cle.asc
systemctl is-active --quiet depots ||
    systemd-run --quiet --unit=depots python3 -m http.server 80 --bind :: --directory /srv/depots
"""
)
# package NAME VERSION [SCRIPT]: a package with a configuration file that changes with the version.
PACKAGE = """
package() {
    rm -rf p && mkdir -p p/DEBIAN p/etc
    printf '%s\\n' "Package: $1" "Version: $2" 'Architecture: all' 'Description: essai' \
        'Maintainer: E <e@example.com>' >p/DEBIAN/control
    echo "version $2" >"p/etc/$1.conf" && echo "/etc/$1.conf" >p/DEBIAN/conffiles
    printf '#!/bin/sh\\n%s\\n' "$3" >p/DEBIAN/postinst && chmod 755 p/DEBIAN/postinst
    dpkg-deb --root-owner-group --build p "$4" >/dev/null
}
"""
# publish FOLDER ORIGIN LABEL SUITE CODENAME: sign what lies in it.
PUBLISH = """
publish() (
    cd "$1" && apt-ftparchive packages . >Packages && rm -f Release InRelease
    say=APT::FTPArchive::Release
    apt-ftparchive -o $say::Origin="$2" -o $say::Label="$3" -o $say::Suite="$4" \
        -o $say::Codename="$5" release . >.new && mv .new Release
    gpg --batch --quiet --yes --clearsign --output InRelease Release
)
all() {
    publish securite Debian Debian-Security stable-security trixie-security
    publish declare Editeur Editeur stable stable
    publish inconnu Inconnu Inconnu stable stable
}
"""
TOOLS = WORK + "set -e\n" + PACKAGE + PUBLISH
DECLARED = """updates_third_parties:
  - name: editeur
    origins: ["origin=Editeur,suite=stable"]
    signed_by: /etc/apt/keyrings/essai.asc
    purpose: "Logiciel métier de l'essai"
firewall_peers:
"""
PLACES = {"dossier": "securite", "agenda": "declare", "espion": "inconnu"}


@pytest.fixture(scope="module")
def office(cabinet):
    """medecin with version 1 of three packages, and version 2 of each on a visitor's computer."""
    with cabinet.edited("group_vars/all.yml", "firewall_peers:\n", DECLARED):
        cabinet.pyinfra("-y", "--limit", "medecin")
        cabinet.root_on("visiteur", PUBLISHER)
        build = "".join(
            f"mkdir -p {folder} && package {name} 1 : {name}_1.deb && "
            f"package {name} 2 : {folder}/{name}_2.deb\n"
            for name, folder in PLACES.items()
        )
        cabinet.root_on("visiteur", TOOLS + build + "all")
        home = f"http://10.77.{cabinet.network}.99"
        sources = "".join(
            f"echo 'deb [signed-by=/etc/apt/keyrings/essai.asc] {home}/{folder} ./' "
            f">>/etc/apt/sources.list.d/essai.list\n"
            for folder in PLACES.values()
        )
        fetch = "".join(
            f"curl --fail --silent --show-error --remote-name {home}/{name}_1.deb\n"
            for name in PLACES
        )
        cabinet.root_on(
            "medecin",
            f"set -e\ncurl -fsS {home}/cle.asc -o /etc/apt/keyrings/essai.asc\n{sources}"
            f"cd /root\n{fetch}dpkg --install *_1.deb >/dev/null\n"
            "echo 'changed by hand' >/etc/dossier.conf",
        )
        yield cabinet
        cabinet.root_on(
            "medecin",
            "rm -f /etc/apt/sources.list.d/essai.list /etc/apt/keyrings/essai.asc /root/*_1.deb\n"
            f"dpkg --purge {' '.join(PLACES)} && rm -f /var/lib/apt/lists/10.77.*\n{RUN}\n"
            "sed -i /origin=Editeur/d /etc/socle/declared",
        )
        cabinet.root_on("visiteur", "systemctl stop depots.service; rm -r /srv/depots")


def version(office, package):
    shown = "dpkg-query --show --showformat '${Version} ${db:Status-Abbrev}' "
    return office.root_on("medecin", shown + package).split()


def test_the_timers_service_installs_what_is_declared_and_nothing_else(office):
    office.root_on("medecin", RUN)
    assert version(office, "dossier") == ["2", "ii"]  # the security archive
    assert version(office, "agenda") == ["2", "ii"]  # the declared repository
    assert version(office, "espion") == ["1", "ii"]  # signed with the same key, but not declared


def test_a_changed_configuration_file_neither_blocks_nor_is_lost(office):
    assert office.root_on("medecin", "cat /etc/dossier.conf") == "changed by hand\n"
    assert office.root_on("medecin", "cat /etc/agenda.conf") == "version 2\n"


def test_the_undeclared_repository_is_named(office):
    found = office.verdicts(limit=("medecin",), controls=("trusted-repos", "updates-fresh"))
    seen = found["medecin", "trusted-repos"]
    assert seen.verdict is Verdict.FAIL
    assert "/inconnu" in seen.detail
    assert "/declare ./" not in seen.detail
    assert found["medecin", "updates-fresh"].verdict is Verdict.PASS


def test_a_run_that_is_killed_is_repaired_by_the_next(office):
    slow = "touch /run/essai; while [ -e /run/essai ]; do sleep 0.2; done"
    office.root_on("visiteur", TOOLS + f'package dossier 3 "{slow}" securite/dossier_3.deb\nall')
    office.root_on("medecin", f"{RUN} --no-block")
    wait_for(office, "test -e /run/essai")
    office.root_on(
        "medecin",
        "systemctl kill --kill-whom=all --signal=KILL apt-daily-upgrade.service\n"
        "while systemctl is-active apt-daily-upgrade.service | grep -q activating; "
        "do sleep 0.2; done\n"
        "rm /run/essai; ! apt-get check 2>/dev/null",
    )
    assert version(office, "dossier") == ["3", "iF"]
    office.root_on(
        "visiteur", TOOLS + "rm securite/dossier_*; package dossier 4 : securite/dossier_4.deb\nall"
    )
    office.root_on(
        "medecin", "(while ! [ -e /run/essai ]; do sleep 0.2; done; rm /run/essai) & " + RUN
    )
    assert version(office, "dossier") == ["4", "ii"]


RESTARTS = """
rm -rf /run/essai && mkdir -p /run/essai && cd /run/essai
cat >systemctl <<'END'
#!/bin/sh
[ "$1" != reboot ] || { echo "asked: $*" >>/run/essai/asked; exit 0; }
exec /usr/bin/systemctl "$@"
END
chmod 755 systemctl && touch /run/reboot-required
try() {
    PATH=/run/essai:$PATH python3 -u /usr/local/lib/socle/updates/reboot.py "$1" >said 2>&1 &
    while kill -0 $! 2>/dev/null && ! grep -qv '^restarting: ' said; do sleep 0.1; done
    kill $! 2>/dev/null
    cat said
}
now=$(date --date='-1 hour' +%H:%M)-$(date --date='+1 hour' +%H:%M)
gone=$(date --date='-2 hours' +%H:%M)-$(date --date='-1 hour' +%H:%M)
"""


def restart(office, words):
    """What reboot.py says and asks systemd for, on a machine whose systemctl does not restart."""
    end = "; cat asked 2>/dev/null; rm -rf /run/essai /run/reboot-required"
    return office.root_on("medecin", RESTARTS + words + end)


def test_a_pending_restart_happens_in_the_window_with_nobody_there(office):
    assert "asked: reboot --check-inhibitors=yes" in restart(office, "try daily/$now")


def test_no_restart_outside_the_window(office):
    assert restart(office, "try daily/$gone") == ""


def test_no_restart_without_need(office):
    said = restart(office, "rm /run/reboot-required; try daily/$now")
    assert said == "no restart is pending\n"


def test_no_restart_under_a_logged_in_user(office):
    session = (
        "systemd-run --quiet --unit=essai-session -p PAMName=login -E XDG_SESSION_CLASS=user "
        "--uid=adm-socle sleep 60\n"
    )
    wait = "until loginctl list-sessions --no-legend | grep -q adm-socle; do sleep 0.1; done\n"
    said = restart(office, session + wait + "try daily/$now; systemctl stop essai-session.service")
    assert "adm-socle is logged in" in said
    assert "asked" not in said


def wait_for(office, condition, seconds=60):
    """Until a command succeeds on medecin."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if office.root_on("medecin", f"{condition} && echo yes || :") == "yes\n":
            return
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s: {condition}")
