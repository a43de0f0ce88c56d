"""Default wishes of an optimisation: what is wanted, what must not happen, and what may be set otherwise, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from percuta.errors import LibraryError
from percuta.library.tables import Fields, WithFields, one_of, read_fields, take, words
from percuta.sources import Sourced, Unpublished, read_entry, read_source

GOALS = ("maximise", "minimise")
ROLES = ("benefit", "burden")
SIDES = ("below", "above")
_WHEN: dict[str, Any] = {"desired_effect": [], "phototype": [], "device": []}


@dataclass(frozen=True)
class When:
    """For whom a default holds; an empty list holds for all.

    Attributes
    ----------
    desired_effect, phototype, device
        The wanted effects, the phototypes, and the kinds of device.
    """

    desired_effect: tuple[str, ...] = ()
    phototype: tuple[int, ...] = ()
    device: tuple[str, ...] = ()

    def holds(self, desired_effect: str, phototype: int, device: str) -> bool:
        """Tell whether a default is for this person and this kind of device."""
        asked = ((desired_effect, self.desired_effect), (phototype, self.phototype), (device, self.device))
        return all(not known or one in known for one, known in asked)


@dataclass(frozen=True)
class WantedDefault:
    """A default objective: the first benefit that is given for a plan is taken, and every burden."""

    endpoint: str
    goal: str
    role: str
    quantile: float
    when: When
    reason: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class LimitDefault:
    """A default constraint. Of those on one endpoint and side that hold for a plan the last is taken."""

    endpoint: str
    side: str
    limit: Sourced
    probability: float
    when: When
    reason: str


@dataclass(frozen=True)
class SettingDefault(WithFields):
    """A default range of a setting: ``least``, ``most`` and ``stride``, or other values that its name asks for."""

    name: str
    when: When
    reason: str
    fields: Fields


@dataclass(frozen=True)
class Aims:
    """The defaults of one modality."""

    modality: str
    wanted: tuple[WantedDefault, ...]
    limits: tuple[LimitDefault, ...]
    settings: tuple[SettingDefault, ...]

    def values(self) -> Iterator[Sourced | Unpublished]:
        """Yield every value."""
        yield from (one.limit for one in self.limits)
        for setting in self.settings:
            yield from setting.fields.values()


def read_aims(modality: str, raw: dict[str, Any]) -> Aims:
    """Read the defaults of one modality.

    Raises
    ------
    LibraryError
        For a missing, unknown or wrong key.
    """
    name = f"aims {modality}"
    given = take(name, raw, {"objective": list, "constraint": list, "setting": list}, {})
    limits = tuple(_limit(modality, one) for one in given["constraint"])
    return Aims(
        modality,
        tuple(_wanted(name, one) for one in given["objective"]),
        limits,
        tuple(_setting(modality, one) for one in given["setting"]),
    )


def _wanted(name: str, raw: Any) -> WantedDefault:
    name = f"{name}, objective"
    needed: dict[str, type] = {"endpoint": str, "goal": str, "role": str, "reason": str}
    given = take(name, raw, needed, {"quantile": 0.5, "when": {}, "source": []})
    return WantedDefault(
        given["endpoint"],
        one_of(name, "goal", given["goal"], GOALS),
        one_of(name, "role", given["role"], ROLES),
        given["quantile"],
        _when(name, given["when"]),
        given["reason"],
        read_source(name, given["source"]),
    )


def _limit(modality: str, raw: Any) -> LimitDefault:
    name = f"aims {modality}, constraint"
    needed = {"endpoint": str, "reason": str, "probability": float}
    given = take(name, raw, needed, {"when": {}, "below": {}, "above": {}})
    sides = [side for side in SIDES if given[side]]
    if len(sides) != 1:
        raise LibraryError(f"{name} on {given['endpoint']} needs one of below and above")
    when = _when(name, given["when"])
    limit = read_entry(f"aims.{modality}.{given['endpoint']}_{sides[0]}{_suffix(when)}", given[sides[0]], None)
    if isinstance(limit, Unpublished):
        raise limit.needed()
    return LimitDefault(given["endpoint"], sides[0], limit, given["probability"], when, given["reason"])


def _setting(modality: str, raw: Any) -> SettingDefault:
    name = f"aims {modality}, setting"
    given = take(name, raw, {"setting": str, "reason": str}, {"when": {}, "range": {}})
    when = _when(name, given["when"])
    fields = read_fields(f"aims.{modality}.{given['setting']}{_suffix(when)}", given["range"], None)
    return SettingDefault(given["setting"], when, given["reason"], fields)


def _suffix(when: When) -> str:
    """Return what tells the values of one default from those of another on the same endpoint."""
    parts = (*when.device, *when.desired_effect, *(f"phototype_{one}" for one in when.phototype[:1]))
    return "".join(f".{part}" for part in parts)


def _when(name: str, raw: dict[str, Any]) -> When:
    given = take(f"{name}, when", raw, {}, _WHEN)
    phototypes = given["phototype"]
    if not all(type(one) is int and 1 <= one <= 6 for one in phototypes):
        raise LibraryError(f"{name} has no such phototype", value=phototypes, allowed="1 to 6")
    effects = words(name, "desired_effect", given["desired_effect"])
    return When(effects, tuple(phototypes), words(name, "device", given["device"]))
