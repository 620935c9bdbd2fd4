"""One host's settings out of its layers: the region sets, a practice may only tighten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from socle.baseline import advice, words
from socle.baseline.model import Origin
from socle.baseline.settings import MASK, is_weaker
from socle.baseline.variables import Variable
from socle.baseline.written import Layer, Setting
from socle.errors import Problem

_DEFAULT = Origin("default")


@dataclass
class Merge:
    """The values of one host while layer after layer is put on top.

    ``sources`` and ``origins`` are keyed by variable, and by ``variable.NAME`` for the entries of
    keyed lists; a built-in default has no source.
    """

    catalogue: Mapping[str, Variable]
    today: date
    values: dict[str, Any] = field(default_factory=dict)
    built_in: dict[str, Any] = field(default_factory=dict)  # what the rooms' settings.py say
    sources: dict[str, Setting] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def defaults(self) -> None:
        """Begin with what the rooms' ``settings.py`` say."""
        for name, variable in self.catalogue.items():
            default = variable.model.model_fields["value"]
            if default.is_required():
                continue
            plain = variable.model.model_validate_json("{}").model_dump(mode="json")["value"]
            self.values[name] = self.built_in[name] = plain
            self.origins[name] = _DEFAULT
            if variable.key is not None:
                names = (entry[variable.key] for entry in plain)
                self.origins |= {f"{name}.{entry}": _DEFAULT for entry in names}

    def put(self, layer: Layer) -> None:
        """Put ``layer`` on top; weaker values of a practice become problems."""
        for name, setting in layer.settings.items():
            variable = self.catalogue[name]
            if variable.key is not None:
                self._put_entries(variable.key, setting, layer)
            elif self._weaker(variable, setting, self._above(layer)):
                self._refuse(layer, setting)
            else:
                self._set(setting)

    def waive(self, settings: Iterable[Setting], removed: Mapping[str, Iterable[str]]) -> None:
        """Apply a waiver's values, weaker or not; ``removed``: variable -> keys of entries."""
        for setting in settings:
            key = self.catalogue[setting.name].key
            if key is None:
                self._set(setting)
                continue
            for entry in setting.value:
                self._set_entry(setting, key, entry)
            gone = set(removed.get(setting.name, ()))
            self._refuse_missing(setting, key, gone)
            kept = [entry for entry in self.values[setting.name] if entry[key] not in gone]
            self.values[setting.name] = kept
            for name in gone:
                self.origins.pop(f"{setting.name}.{name}", None)

    def _above(self, layer: Layer) -> Mapping[str, Any]:
        """What ``layer`` may not weaken: one file of the region does not bind the other."""
        return self.built_in if layer.region else self.values

    @staticmethod
    def _weaker(variable: Variable, setting: Setting, above: Mapping[str, Any]) -> bool:
        if setting.name not in above:
            return False
        return is_weaker(variable.direction, above[setting.name], setting.value)

    def _put_entries(self, key: str, setting: Setting, layer: Layer) -> None:
        above = {entry[key]: entry for entry in self._above(layer).get(setting.name) or ()}
        for entry in setting.value:
            known = above.get(entry[key])
            if known is None:
                self._set_entry(setting, key, entry)
            elif known != entry:
                self._refuse_entry(layer, setting, entry[key], known)

    def _refuse_missing(self, setting: Setting, key: str, gone: Iterable[str]) -> None:
        known = [entry[key] for entry in self.values[setting.name]]
        for name in gone:
            if name not in known:
                wanted = words.unknown("entry to remove", name, known)
                self.problems.append(setting.problem((name,), wanted, name))

    def _set(self, setting: Setting) -> None:
        self.values[setting.name] = setting.value
        self.sources[setting.name] = setting
        self.origins[setting.name] = setting.origin()

    def _set_entry(self, setting: Setting, key: str, entry: Mapping[str, Any]) -> None:
        entries = list(self.values.get(setting.name) or ())
        places = {old[key]: index for index, old in enumerate(entries)}
        if entry[key] in places:
            entries[places[entry[key]]] = entry
        else:
            entries.append(entry)
        self._set(Setting(entries, setting.block, setting.name, setting.layer, setting.positions))
        name = f"{setting.name}.{entry[key]}"
        self.sources[name] = setting
        self.origins[name] = setting.origin(entry[key])

    def _refuse(self, layer: Layer, setting: Setting) -> None:
        """Note that ``setting`` is weaker than what stands above."""
        variable = self.catalogue[setting.name]
        wanted = advice.limit(variable.direction, self._above(layer)[setting.name])
        seen, help_ = words.shown(setting.value), None
        if variable.secret:
            wanted = seen = MASK
        else:
            help_ = advice.stanza(variable, layer, setting.written(), self.today)
        origin = _DEFAULT if layer.region else self.origins[setting.name]
        self.problems.append(setting.problem((), f"{wanted} ({origin.layer})", seen, help_))

    def _refuse_entry(
        self, layer: Layer, setting: Setting, name: str, above: Mapping[str, Any]
    ) -> None:
        """Note that the entry ``name`` differs from the one ``above``."""
        variable = self.catalogue[setting.name]
        entry = next(new for new in setting.value if new[variable.key] == name)
        changed = [field for field in entry if entry[field] != above.get(field)]
        wanted = advice.limit(variable.direction, {field: above.get(field) for field in changed})
        seen = words.shown({field: entry[field] for field in changed})
        origin = _DEFAULT if layer.region else self.origins[f"{setting.name}.{name}"]
        help_ = advice.stanza(variable, layer, [setting.written(name)], self.today)
        self.problems.append(setting.problem((name,), f"{wanted} ({origin.layer})", seen, help_))
