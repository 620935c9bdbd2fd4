"""Ansible callback: a run of site.yml is whole, or it ends before its first task.

Ansible itself ends well where no host or no tag matched, and lets anybody leave out the tasks that
are always to run. It finds this folder beside site.yml, from wherever it is started.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from ansible import constants, context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: whole_run
type: aggregate
short_description: A run without a host, without a room or without its safety tasks is refused
description:
  - Judges plays that meet machines by known_machine or have rooms of this checkout as roles; others
    are none of its business.
"""
CHECKOUT = Path(__file__).absolute().parents[1]
CONFIG = CHECKOUT / "ansible.cfg"
WORDS = {"all", "always", "never", "tagged", "untagged"}  # tags that Ansible knows by itself
WORDS |= {"notest", "molecule-notest", "molecule-idempotence-notest"}  # molecule skips them


class CallbackModule(CallbackBase):
    """What Ansible looks for in a callback plugin."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "whole_run"

    def v2_playbook_on_start(self, playbook):
        """Judge the words that Ansible was started with, before it asks any machine."""
        self._playing = None
        plays = playbook.get_plays()
        for play in plays:
            if _is_ours(play):
                self._refuse(next(_objections(play, plays), None))

    def v2_playbook_on_play_start(self, play):
        """Remember which play it is that may turn out to have no host."""
        self._playing = play

    def v2_playbook_on_no_hosts_matched(self):
        """Say it: Ansible would end well."""
        if self._playing is not None and _is_ours(self._playing):
            self._refuse("no machine: expected -i inventories/PRACTICE/inventory.py")

    def _refuse(self, reason):
        """End the run. What a callback raises is a mere warning to Ansible, except for this."""
        if reason:
            self._display.error(f"refused before any change: {reason}")
            raise SystemExit(2)


def _objections(play, plays) -> Iterator[str]:
    """Why ``play`` would not be whole, the plainest first."""
    if constants.CONFIG_FILE is None or not CONFIG.samefile(constants.CONFIG_FILE):
        yield (
            f"Ansible has not read {CONFIG}: run it in that folder, or set ANSIBLE_CONFIG to that "
            "file (Ansible reads none from a folder that everybody can write)"
        )
    given = play.get_variable_manager().extra_vars
    if wrong := list(_misplaced(given)):
        yield "; ".join(f"-e: {sentence}" for sentence in wrong)
    yield from _limits_for_nobody(play.get_variable_manager()._inventory)
    known = {tag for one in plays for task in _tasks(one) for tag in task.tags}
    for tag in sorted((play.only_tags | play.skip_tags) - known - WORDS):
        near = get_close_matches(tag, known, n=1)
        yield f"no task has the tag {tag!r}" + (f"; did you mean {near[0]}?" if near else "")
    if context.CLIARGS.get("start_at_task"):
        yield "--start-at-task leaves out what is always to run: use --tags with a room"
    if context.CLIARGS.get("step"):
        yield "--step leaves out what is always to run: use --check, or --tags with a room"
    if not all(_runs(task, play) for task in _tasks(play) if task.tags == ["always"]):
        yield "what is always to run would be left out: leave always and tagged out of --skip-tags"
    rooms = [task for role in play.roles for task in _of(role.compile(play))]
    if rooms and not any(_runs(task, play) for task in rooms if "always" not in task.tags):
        yield "no room would run: expected other words for --tags or --skip-tags"


def _misplaced(names: Iterable[str]) -> Iterable[str]:
    """What of ``-e`` belongs into the practice's files. How to connect is Ansible's own matter."""
    asked = [name for name in names if not name.startswith("ansible_")]
    if not asked:
        return ()
    from socle.baseline import misplaced, rooms  # noqa: PLC0415 - takes a while

    return misplaced.misplaced(asked, rooms.find(CHECKOUT))


def _limits_for_nobody(inventory) -> Iterator[str]:
    """Words of --limit that name no machine: Ansible goes on with the others."""
    for word in filter(None, inventory._subset or ()):
        name = word.lstrip("!&")
        if not inventory.get_hosts(name, ignore_limits=True):
            near = get_close_matches(name, [*inventory.hosts, *inventory.groups], n=1)
            hint = f"; did you mean {near[0]}?" if near and near[0] != name else ""
            yield f"--limit: no machine is named by {name!r}{hint}"


def _is_ours(play) -> bool:
    rooms = (Path(role.get_role_path()).parent for role in play.roles)
    return (CHECKOUT / "roles").resolve() in rooms or any(
        task.action == "known_machine" for task in _tasks(play)
    )


def _runs(task, play) -> bool:
    return task.evaluate_tags(play.only_tags, play.skip_tags, all_vars={})


def _tasks(play) -> Iterator:
    return _of(play.compile())


def _of(blocks: Iterable) -> Iterator:
    """The tasks of blocks, those of blocks in them included."""
    for one in blocks:
        if hasattr(one, "block"):
            yield from _of([*one.block, *one.rescue, *one.always])
        else:
            yield one
