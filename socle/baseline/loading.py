"""From a practice's folder to a `Practice` with everything resolved and checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from socle.baseline import about, hosts, rooms, scope, variables, waivers, yaml
from socle.baseline.checkout import find_root
from socle.baseline.connection import ConnectionSettings
from socle.baseline.hosts import Tree
from socle.baseline.layers import Layers
from socle.baseline.model import Practice
from socle.baseline.resolve import Resolver
from socle.baseline.written import WAIVERS
from socle.errors import BadPractice, Problem, SocleError


def load(
    folder: Path | str,
    root: Path | None = None,
    today: date | None = None,
    region: Path | None = None,
    *,
    identified: bool = False,
) -> Practice:
    """See `socle.baseline.load`."""
    place = Path(folder).absolute()
    practice = place.parent if place.is_file() else place
    checkout = root.absolute() if root is not None else find_root(practice)
    if not (practice / "hosts.yml").is_file():
        raise SocleError(_no_practice(folder, checkout))
    found = rooms.find(checkout)
    layers = Layers(variables.catalogue(found, ConnectionSettings))
    tree = _tree(practice, checkout, layers)
    day = today or date.today()
    rules = region or checkout
    groups = rooms.region_groups(rules)
    if tree is None:
        raise BadPractice(layers.problems)
    if not layers.problems:  # else some of the groups are not known
        layers.problems.extend(scope.outside(tree, groups))
    layers.read_region(rules)
    layers.read_practice(practice, tree)
    document = layers.document(rules / "group_vars" / WAIVERS)
    exceptions = waivers.read(document, found, tree, layers, day, region=groups)
    exceptions += waivers.read(layers.document(practice / WAIVERS), found, tree, layers, day)
    resolver = Resolver(practice, checkout, found, tree, layers, exceptions, day, groups)
    resolved = resolver.practice()
    if layers.problems:
        raise BadPractice(layers.problems)
    if not identified or resolved.id == about.identify(practice):
        return resolved
    return load(folder, root, today, region)  # once more: rooms compute from the new id


def check_region(region: Path, root: Path) -> None:
    """Raise BadPractice with the mistakes of a region's ``group_vars/`` that show in any practice.

    ``root``: the checkout whose rooms say what may be set. SocleError: there is no such folder.
    """
    if not (region / "group_vars").is_dir():
        raise SocleError(f"{region}: expected a baseline, a folder with group_vars/")
    found = rooms.find(root)
    groups, today = rooms.region_groups(region), date.today()
    hosts_ = {group: {"hosts": {f"one-of-{group}": None}} for group in groups}
    document = yaml.Document(region, {"all": {"children": hosts_}})
    layers = Layers(variables.catalogue(found, ConnectionSettings))
    tree = hosts.parse(document, groups, layers.problems)
    layers.read_region(region)
    accepted = layers.document(region / "group_vars" / WAIVERS)
    exceptions = waivers.read(accepted, found, tree, layers, today, region=groups)
    Resolver(region, root, found, tree, layers, exceptions, today, groups).settle()
    problems = [one for one in layers.problems if one.file.parent == region / "group_vars"]
    if problems:
        raise BadPractice(problems)


def host_names(practice: Path) -> tuple[str, ...]:
    """The hosts of ``hosts.yml``: no other file is read, so no secret is needed.

    Raises BadPractice; SocleError when the file cannot be read.
    """
    problems: list[Problem] = []
    tree = hosts.parse(yaml.read(practice / "hosts.yml"), (), problems)
    if problems:
        raise BadPractice(problems)
    return tuple(tree.hosts)


def _tree(practice: Path, checkout: Path, layers: Layers) -> Tree | None:
    """The hosts and groups; None when ``hosts.yml`` cannot be read at all."""
    document = layers.document(practice / "hosts.yml")
    if document is None:
        return None
    return hosts.parse(document, rooms.region_groups(checkout), layers.problems)


def _no_practice(folder: Path | str, checkout: Path) -> str:
    known = sorted(str(file.parent) for file in checkout.glob("inventories/*/hosts.yml"))
    known = [str(Path(name).relative_to(checkout)) for name in known]
    listed = ", ".join(known) or "there is none yet"
    return f"{folder}: expected a practice, a folder with hosts.yml. Practices here: {listed}"
