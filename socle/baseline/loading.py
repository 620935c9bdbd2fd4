"""From a practice's folder to a `Practice` with everything resolved and checked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import socle
from socle.baseline import hosts, rooms, scope, variables, waivers, yaml
from socle.baseline.connection import ConnectionSettings
from socle.baseline.hosts import Tree
from socle.baseline.layers import SECRETS, Layers
from socle.baseline.model import Practice
from socle.baseline.resolve import Resolver
from socle.baseline.written import WAIVERS
from socle.errors import BadPractice, Problem, SocleError


def load(folder: Path | str, root: Path | None = None, today: date | None = None) -> Practice:
    """See `socle.baseline.load`."""
    place = Path(folder).absolute()
    practice = place.parent if place.is_file() else place
    checkout = root.absolute() if root is not None else find_root(practice)
    if not (practice / "hosts.yml").is_file():
        raise SocleError(_no_practice(folder, checkout))
    secrets = practice / SECRETS
    with ThreadPoolExecutor(1) as meanwhile:  # the vault takes as long as all the rest together
        opened = {secrets: meanwhile.submit(yaml.read, secrets)} if secrets.is_file() else {}
        found = rooms.find(checkout)
        catalogue = variables.catalogue(found, ConnectionSettings)
    layers = Layers(catalogue, opened)
    tree = _tree(practice, checkout, layers)
    day = today or date.today()
    groups = rooms.region_groups(checkout)
    if tree is None:
        raise BadPractice(layers.problems)
    if not layers.problems:  # else some of the groups are not known
        layers.problems.extend(scope.outside(tree, groups))
    layers.read_region(checkout)
    layers.read_practice(practice, tree)
    document = layers.document(checkout / "group_vars" / WAIVERS)
    exceptions = waivers.read(document, found, tree, layers, day, groups)
    exceptions += waivers.read(layers.document(practice / WAIVERS), found, tree, layers, day)
    resolved = Resolver(practice, checkout, found, tree, layers, exceptions, day).practice()
    if layers.problems:
        raise BadPractice(layers.problems)
    return resolved


def host_names(practice: Path) -> tuple[str, ...]:
    """The hosts of ``hosts.yml``: no other file is read, so no secret is needed.

    Raises BadPractice; SocleError when the file cannot be read.
    """
    problems: list[Problem] = []
    tree = hosts.parse(yaml.read(practice / "hosts.yml"), (), problems)
    if problems:
        raise BadPractice(problems)
    return tuple(tree.hosts)


def find_root(folder: Path) -> Path:
    """The checkout around ``folder``, else the one that holds this package."""
    for candidate in (folder, *folder.parents, Path(socle.__file__).parents[1]):
        if (candidate / "roles").is_dir():
            return candidate
    raise SocleError(f"{folder}: expected a checkout of Socle around it, with a folder roles/")


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
