"""The backups' promises, asked of the repositories themselves, never of a unit's exit code."""

from datetime import date
from functools import cache, partial

import pytest

from roles.backup import copies, destinations
from roles.backup.answers import filled, host_key, in_container, status, told
from roles.backup.plan import repositories_of
from roles.backup.repositories import OWN
from socle.verify import AGAIN, clock, control, expect, message, not_applicable, note, unknown


@pytest.fixture(scope="module")
def repositories(host):
    """Asks the repositories once a machine, and only if some check wants it."""
    return cache(partial(status, host))


@pytest.fixture(scope="module")
def seen(settings, repositories):
    """What the repositories answer to a machine that has data of its own."""
    if not settings.backup_folders:
        not_applicable("nothing of its own to copy: no backup_folders are declared for it")
    copies.expect_declared(settings.backup_targets)
    return repositories()


@control("backup-scheduled")
def test_a_fresh_complete_copy_exists(host, settings, seen):
    """Each online repository: newest copy, every folder in it, checked; and the next one comes."""
    wanted = {one["name"] for one in settings.backup_targets if one["online"]}
    online = [one for one in seen["repositories"] if one["online"]]
    copies.note_newest(online)
    names = {one["name"] for one in online}
    expect(
        names == wanted,
        seen=message("copies go to {names}", names=sorted(names) or message("no repository")),
        wanted=message("{names}", names=sorted(wanted)),
        fix=AGAIN,
    )
    live = filled(host, settings.backup_folders)
    for repository in online:
        copies.expect_readable(repository)
        copies.expect_fresh(repository, settings)
        copies.expect_complete(repository, settings.backup_folders, live)
        copies.expect_checked(repository, settings, seen["now"])
    last = seen["last_run"] or {}
    copies.expect_nothing_left_out(last)
    copies.expect_every_name(last)
    dumps = last.get("databases", {})
    failed = [name for name, why in dumps.items() if why]
    expect(
        not failed,
        seen=message(
            "databases without a dump in the last run: {names}", names=failed or message("none")
        ),
        wanted="every declared database is in the copy",
        fix=message(
            "journalctl -u socle-backup@run.service tells why; then {copy}", copy=copies.COPY
        ),
    )
    copies.expect_scheduled(host, settings)


@control("backup-321")
def test_three_copies_on_two_media_one_off_site(host, settings, seen):
    """Counted by the identity of disks and servers; that a place is off site is declared."""
    ways = {one["name"]: one for one in told(host)["repositories"]}
    fresh = [one for one in seen["repositories"] if copies.is_fresh(one, settings, seen["now"])]
    names = [one["name"] for one in fresh]
    expect(
        len(fresh) >= 2,
        seen=message(
            "{n} fresh copies: {places}",
            n=1 + len(fresh),
            places=[message("the machine itself"), *names],
        ),
        wanted="3, the machine itself included",
        fix=message(
            "{copy}; why one fails: socle backup status inventories/PRACTICE", copy=copies.COPY
        ),
    )
    own = destinations.own_media(host, settings.backup_folders)
    media = {name: destinations.medium(host, ways[name]) for name in names}
    shared = [name for name, medium in media.items() if medium in own]
    expect(
        not shared,
        seen=message("on the same disk as the data: {names}", names=shared or message("none")),
        wanted="copies on other media than the data",
        fix="put the repository on another machine or disk",
    )
    expect(
        len(set(media.values())) >= 2,
        seen=message("{n} different media behind {names}", n=len(set(media.values())), names=names),
        wanted="2 (servers told apart by their host key, disks by their identity)",
        fix="another name is not enough: put one of them on another machine or disk",
    )
    far = [one["name"] for one in fresh if one["place"] == "off-site"]
    expect(
        far,
        seen=message("fresh copies off site: {names}", names=far or message("none")),
        wanted="at least one, which a fire in the practice does not reach",
        fix=message("declare a repository with place: off-site, then {copy}", copy=copies.COPY),
    )


@control("backup-offline")
def test_a_recent_copy_is_disconnected(host, target, settings, practice, from_host, repositories):
    """The signed record of the last copy to a disk, and that the disk was let go."""
    owners = copies.owners_on(target, practice)
    if not settings.backup_disks and not settings.backup_folders:
        not_applicable("nothing of its own to copy, and no disk is plugged in here")
    carriers = copies.carriers_of(target, practice)
    expect(
        carriers,
        seen="no offline disk is declared for this machine, nor for a server with its copies",
        wanted="a disk that is copied to when plugged in, and then let go",
        fix="declare one in backup_repositories, kind: disk (docs/fr/sauvegardes.md)",
    )
    disks = []
    for name in carriers:
        place = host if name == target.name else from_host(name).host
        if in_container(place):
            unknown(
                message(
                    "{machine} is a container: disks that are plugged in cannot be seen from it",
                    machine=name,
                )
            )
        answer = repositories() if name == target.name else status(place)
        disks += [(one, answer["now"]) for one in answer["repositories"] if one["kind"] == "disk"]
    for disk, _ in disks:
        copies.expect_let_go(disk, settings.backup_max_attached_hours)
    for owner in sorted(owners):
        copies.expect_on_a_disk(owner, disks, settings.backup_offline_days)


@control("backup-append-only")
def test_copies_cannot_be_deleted_from_here(host, settings, repositories):
    """A client really tries to delete with its own key; a server's keys can only add."""
    if settings.backup_clients:
        destinations.expect_server_only_takes(host, settings)
        destinations.expect_true_dates(repositories()["served"])
    if not settings.backup_folders:
        if not settings.backup_clients:
            not_applicable("nothing of its own to copy, and it keeps no copies of others")
        return
    copies.expect_declared(settings.backup_targets)
    servers = [one for one in told(host)["repositories"] if one["kind"] == "server"]
    expect(
        servers,
        seen=message("{n} repositories on servers", n=len(servers)),
        wanted="at least one: what root can write here, root can delete",
        fix="declare one in backup_repositories, kind: server",
    )
    answered = {one["name"]: one for one in repositories()["repositories"]}
    for server in servers:
        tried = answered.get(server["name"], {}).get("try_delete")
        destinations.expect_refused(tried, server["name"])
        destinations.expect_no_other_way(host, server)
    future = [name for name, one in answered.items() if one.get("future")]
    expect(
        not future,
        seen=message("copies dated in the future: {names}", names=future or message("none")),
        wanted="none: they would make the server's retention drop the real ones",
        fix="set this machine's clock; the server removes nothing until they are looked into",
    )


@control("backup-restore-test")
def test_files_came_back(host, target, settings, seen):
    """Each online repository has given real files back; the machine's known key signed it."""
    key = host_key(host, target)
    if key is None:
        unknown(
            message(
                "known_hosts has no ed25519 key of {machine} to check signatures with",
                machine=target.name,
            )
        )
    for one in settings.backup_targets:
        if one["online"]:
            copies.expect_restored(host, one["name"], key, settings, seen["now"])
    done = settings.backup_full_exercise
    days = (clock.today() - date.fromisoformat(done)).days if done else None
    if done:
        note("exercise", date=str(done))
    expect(
        days is not None and 0 <= days <= settings.backup_full_exercise_days,
        seen=message(
            "last full exercise, as declared: {day}", day=str(done) if done else message("never")
        ),
        wanted=message(
            "a whole machine restored within {days} days", days=settings.backup_full_exercise_days
        ),
        fix="do the yearly exercise (docs/fr/sauvegardes.md), then set backup_full_exercise",
    )


@control("backup-target-hds")
def test_third_parties_are_declared_and_certified(host, target, settings):
    """What the machine really sends to is what is declared; certificates are valid."""
    if not settings.backup_folders:
        not_applicable("nothing of its own to copy: no backup_folders are declared for it")
    if not settings.backup_targets:
        not_applicable("no copy is held by a third party: no repository is declared")
    declared = {one["name"]: one for one in settings.backup_targets}
    strangers = [one["name"] for one in told(host)["repositories"] if one not in declared.values()]
    expect(
        not strangers,
        seen=message(
            "repositories in use that are not as declared: {names}",
            names=strangers or message("none"),
        ),
        wanted="copies go only where the practice has declared, at that address",
        fix=AGAIN,
    )
    third = [one for one in repositories_of(target) if one.held_by not in {None, OWN}]
    if not third:
        not_applicable("no copy is held by a third party")
    for repository in third:
        certificate = repository.hds
        remaining = (certificate.until - clock.today()).days
        expect(
            remaining >= settings.backup_hds_warning_days,
            seen=message(
                "{holder}: HDS certificate {reference} until {day} ({days} days)",
                holder=repository.held_by,
                reference=certificate.reference,
                day=certificate.until,
                days=remaining,
            ),
            wanted=message("valid for {days} more days", days=settings.backup_hds_warning_days),
            fix="ask the provider for the new certificate and declare it, or take the copies back",
        )
        destinations.expect_declared_server(host, settings, declared[repository.name])
