"""Content of ``optimisation.json``: what a search was asked and what it found, with the sentences that say it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from percuta import __version__
from percuta.manifest import digest
from percuta.optimisation.around import Step, binding, least_room
from percuta.optimisation.candidates import Candidate, front
from percuta.optimisation.choosing import difference
from percuta.optimisation.judging import LEVEL, every_kept, kept_by_most, reached, sampled
from percuta.optimisation.relaxing import Relaxed
from percuta.optimisation.settings import Setting, labels
from percuta.optimisation.wishes import Aim, Limit
from percuta.plan.writing import write_plan
from percuta.report.optimisation_words import asked as asked_text
from percuta.report.optimisation_words import endpoint_name, limit_text, setting_label, value_text
from percuta.report.wording import joined
from percuta.results.paired import standing
from percuta.units import convert

if TYPE_CHECKING:
    from percuta.workflows.optimise import Asked, Found

_NO_END = "The model goes on beyond, and no trial has shown that more, or less, of it does more."
_ALIKE = "No evidence separates these settings"
_ENOUGH = 256  # fresh scenarios
_GENTLER = (
    "Another one reaches more, but no evidence separates the two. This one is the gentler: it pierces or kills less of "
    "the dermis, or stays within the label, and it reaches at least what the plan as written does, where that keeps "
    "the constraints."
)
_SHORT = "the search was too short to get there; a longer one tries more choices."
_FEW = (
    "These are fewer scenarios, or coarser pulses, than a recommendation should rest on: take 256 or more at standard."
)


def optimisation_table(asked: Asked, found: Found) -> dict[str, Any]:
    """Return the whole table."""
    return _Table(asked, found).as_dict()


class _Table:
    def __init__(self, asked: Asked, found: Found) -> None:
        self.asked, self.found, self.wishes = asked, found, asked.wishes
        self.labels = labels(asked.settings)
        self.constraints = [_limit(one) for one in self.wishes.limits]
        self.objectives = [_aim(one) for one in self.wishes.aims]
        self.front = {one.number for one in front(self.wishes, found.candidates)}
        self.chosen = found.confirmed.recommended
        self.written = found.written(asked.settings)

    def as_dict(self) -> dict[str, Any]:
        asked, found = self.asked, self.found
        outcomes = [one.outcome for one in found.candidates]
        counts = {key: outcomes.count(key) for key in ("stopped early", "refused", "impossible")}
        return {
            "plan": asked.plan.title,
            "plan_sha256": digest([write_plan(asked.plan).encode()]),
            "percuta": __version__,
            "library_sha256": asked.known.digest,
            "seed": asked.sampling.seed,
            "members": asked.sampling.members,
            "accuracy": asked.sampling.accuracy,
            "fresh_members": asked.fresh.members,
            "fresh_accuracy": asked.fresh.accuracy,
            "fresh_seed": asked.fresh.seed,
            "interval": LEVEL,
            "trials": {
                "done": len(outcomes),
                "computed": len(outcomes) - sum(counts.values()),
                **{key.replace(" ", "_"): count for key, count in counts.items()},
            },
            "objectives": self.objectives,
            "constraints": self.constraints,
            "settings": [_setting(one) for one in asked.settings],
            "candidates": [self._candidate(one) for one in found.candidates],
            "recommended": None if self.chosen is None else self.chosen.number,
            "chosen_because": self._reasons(),
            "unseparated": sorted(one.number for one in found.confirmed.unseparated),
            "binding": self._binding(),
            "around": [self._step(one) for one in found.steps],
            "relax": [self._relaxed(one) for one in found.relaxed],
            "sentences": {"verdict": self._verdict()},
        }

    def _values(self, one: Candidate) -> dict[str, str]:
        return {
            label: str(setting.values[index])
            for label, setting, index in zip(self.labels, self.asked.settings, one.choice, strict=True)
        }

    def _candidate(self, one: Candidate) -> dict[str, Any]:
        fresh = self.found.confirmed.fresh.get(one.number)
        tried = one.number < len(self.found.candidates)
        place = "front" if one.number in self.front else "dominated" if tried else "computed"
        status = place if one.outcome == "computed" else one.outcome
        return {
            "number": one.number,
            "settings": self._values(one),
            "current": one is self.written,
            "status": status,
            "why": one.why(self.wishes) or None,
            "injury": None if math.isnan(one.injury) else one.injury,
            "beyond_label": one.ruled is not None and one.ruled.beyond_label,
            "search": None if one.outcome == "impossible" else sampled(self.wishes, one.search),
            "fresh": None if fresh is None or fresh.impossible else sampled(self.wishes, fresh),
        }

    def _verdict(self) -> str:
        if self.chosen is None:
            return self._nothing()
        if self.chosen is self.written:
            return "The search recommends the settings of the plan as written."
        changes = self._changes(self.chosen)
        return f"Recommended: {changes}."

    def _nothing(self) -> str:
        """Return why nothing is recommended."""
        tried, kept = len(self.found.candidates), [one for one in self.found.candidates if one.outcome == "computed"]
        if kept:
            again = sum(one.number in self.found.confirmed.fresh for one in kept)
            return (
                f"Nothing is recommended: of the {len(kept)} choices of settings that keep every constraint in the "
                f"search, {again} were computed anew, and none of them keeps every constraint over the fresh scenarios."
            )
        if self.found.refused:
            rules = dict.fromkeys(rule for one in self.found.refused if one.ruled for rule in one.ruled.stopped)
            return f"Nothing is recommended: rules stop every choice that keeps the constraints ({', '.join(rules)})."
        return f"Nothing is recommended: none of {tried} choices of settings keeps every constraint."

    def _changes(self, one: Candidate) -> str:
        """Return what a candidate sets otherwise than the plan as written."""
        parts = [
            f"{setting_label(label).lower()} {setting.values[index]}"
            for label, setting, index in zip(self.labels, self.asked.settings, one.choice, strict=True)
            if index != setting.current
        ]
        return joined(parts)

    def _reasons(self) -> list[str]:
        confirmed = self.found.confirmed
        if self.chosen is None or confirmed.best is None:
            return []
        aim, name = self.wishes.aims[0], endpoint_name(self.objectives[0])
        value = value_text(reached(aim, confirmed.fresh[self.chosen.number].aims[0]), aim.unit)
        kept = (
            "keeps each constraint with its probability over the fresh scenarios"
            if self.wishes.limits
            else "was computed anew"
        )
        said = [f"It {kept}, and reaches {value} in the objective that counts most ({name})."]
        if confirmed.unseparated:
            others = len(confirmed.unseparated)
            said.append(
                f"No evidence separates it on that objective from {others} other{'s' if others > 1 else ''} of the "
                f"{len(confirmed.fresh)} choices computed anew."
            )
        if self.chosen is not confirmed.best:
            said.append(_GENTLER)
        if self.written is not None and self.written is not self.chosen and self.written.number in confirmed.fresh:
            said.append(self._against_written(self.written))
        lost = confirmed.fresh[self.chosen.number].lost
        if lost:
            said.append(f"{lost} of the fresh scenarios could not be computed, and count as keeping no constraint.")
        if self.asked.fresh.members < _ENOUGH or (self.asked.plan.rf_pulses and self.asked.fresh.accuracy == "draft"):
            said.append(_FEW)
        if missed := self._missed_by_the_search():
            said.append(f"One step from it does better in the search sample ({missed}): {_SHORT}")
        at_an_end = self._at_an_end(self.chosen)
        return [*said, f"At an end of what was searched: {at_an_end}. {_NO_END}"] if at_an_end else said

    def _at_an_end(self, one: Candidate) -> str:
        """Return the settings whose value is the first or last of several that were searched."""
        return joined(
            [
                setting_label(label).lower()
                for label, setting, index in zip(self.labels, self.asked.settings, one.choice, strict=True)
                if setting.ordered and index in (0, len(setting.values) - 1) and len(setting.values) > 1
            ]
        )

    def _against_written(self, written: Candidate) -> str:
        confirmed, aim = self.found.confirmed, self.wishes.aims[0]
        assert self.chosen is not None
        pair = difference(self.wishes, confirmed.fresh[written.number], confirmed.fresh[self.chosen.number])
        share = f"in {100 * pair.p_better:.0f} % of the fresh scenarios it does better than the plan as written"
        middle = f"the middle of the differences is {value_text(pair.p50, aim.unit)}"
        ends = f"9 of 10 lie between {value_text(pair.p5, aim.unit)} and {value_text(pair.p95, aim.unit)}"
        said = f"On that objective, {share}; {middle}, and {ends}."
        kept = every_kept(self.wishes, confirmed.fresh[written.number])
        missed = [
            asked_text(made) for made, one in zip(self.constraints, kept, strict=True) if one.verdict == "not met"
        ]
        if missed:
            return f"{said} The plan as written does not keep {joined(missed)}."
        alike = standing(pair) in ("same", "not separated")
        return f"{said} {_ALIKE} from those of the plan as written." if alike else said

    def _missed_by_the_search(self) -> str:
        """Return the steps around the choice that do better within the constraints and that the search did not try."""
        return joined(
            [
                f"{setting_label(self.labels[one.setting]).lower()} "
                f"{self.asked.settings[one.setting].values[one.candidate.choice[one.setting]]}"
                for one in self.found.steps
                if one.candidate.number >= len(self.found.candidates)
                and one.candidate.outcome == "computed"
                and one.against is not None
                and standing(one.against) == "better"
            ]
        )

    def _binding(self) -> dict[str, Any] | None:
        if self.chosen is None:
            return None
        fresh = self.found.confirmed.fresh[self.chosen.number]
        least = least_room(self.wishes, fresh)
        if least is None:
            return None
        number, room = least
        binds = binding(self.found.steps)
        if binds:
            number, step = binds[0]
            limit = self.wishes.limits[number]
            room = every_kept(self.wishes, fresh)[number].share - limit.probability
            place = step.setting
            setting = (
                f"{setting_label(self.labels[place])} {self.asked.settings[place].values[step.candidate.choice[place]]}"
            )
            sentence = f"{setting} would reach more, and no longer keep {asked_text(self.constraints[number])}."
        else:
            limit = self.wishes.limits[number]
            value = value_text(kept_by_most(limit, fresh.limits[number]), limit.unit)
            sentence = (
                f"No constraint keeps it from reaching more by one step. The one with the least room is "
                f"{asked_text(self.constraints[number])}: {100 * limit.probability:g} % of scenarios keep {value}."
            )
        return {"constraint": number, "margin": room, "sentence": sentence}

    def _step(self, one: Step) -> dict[str, Any]:
        setting, label = self.asked.settings[one.setting], self.labels[one.setting]
        assert self.chosen is not None
        before, after = (str(setting.values[each.choice[one.setting]]) for each in (self.chosen, one.candidate))
        pair = one.against
        state = self._candidate(one.candidate)
        return {
            "setting": label,
            "direction": one.direction,
            "from": before,
            "to": after,
            "status": state["status"],
            "difference": None if pair is None else {"p5": pair.p5, "p50": pair.p50, "p95": pair.p95},
            "better": None if pair is None else pair.p_better,
            "breaks": list(one.breaks),
            "why": state["why"] if one.candidate.outcome == "impossible" else None,
            "sentence": self._step_sentence(one, f"{setting_label(label)} {after}"),
        }

    def _step_sentence(self, one: Step, head: str) -> str:
        if one.candidate.outcome == "impossible":
            return f"{head}: cannot be computed."
        if one.candidate.outcome == "refused":
            return f"{head}: {one.candidate.why(self.wishes)}."
        if one.breaks:
            broken = joined([asked_text(self.constraints[number]) for number in one.breaks])
            return f"{head}: no longer keeps {broken}."
        words = {"better": "does better", "worse": "does worse", "same": "makes no difference"}
        state = None if one.against is None else standing(one.against)
        on = f"on {endpoint_name(self.objectives[0])}"
        return f"{head}: {words.get(state or '', 'no evidence separates it')} {on}."

    def _relaxed(self, one: Relaxed) -> dict[str, Any]:
        limit, constraint = self.wishes.limits[one.constraint], self.constraints[one.constraint]
        now, to = limit_text(limit.limit, limit.unit), _rounded_outwards(limit, one.limit)
        needed = limit_text(to, limit.unit)
        alone = "Relaxing this one constraint is enough" if one.alone else "This one and others have to be relaxed"
        sentence = (
            f"{alone}: {endpoint_name(constraint)} {limit.side} {needed} in place of {now}, in "
            f"{100 * limit.probability:g} % of scenarios."
        )
        return {
            "constraint": one.constraint,
            "limit": limit.limit,
            "to": to,
            "settings": self._values(one.candidate),
            "sentence": sentence,
        }


def _rounded_outwards(limit: Limit, value: float) -> float:
    """Return a limit with two digits that the value still keeps."""
    if value == 0.0 or not math.isfinite(value):
        return value
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    steps = math.ceil(value / step - 1e-9) if limit.side == "below" else math.floor(value / step + 1e-9)
    rounded = float(f"{steps * step:.3g}")
    if rounded >= value if limit.side == "below" else rounded <= value:
        return rounded
    return float(f"{(steps + (1 if limit.side == 'below' else -1)) * step:.3g}")


def _aim(one: Aim) -> dict[str, Any]:
    return {"goal": one.goal, "quantile": one.quantile, **_wish(one)}


def _limit(one: Limit) -> dict[str, Any]:
    return {"side": one.side, "limit": one.limit, "probability": one.probability, **_wish(one)}


def _wish(one: Aim | Limit) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint,
        "zone": one.zone,
        "time": None if one.time is None else f"{convert(one.time, 'week'):.4g} weeks",
        "unit": one.unit,
        "reason": one.reason,
        "default": one.default,
        "source": list(one.source),
    }


def _setting(one: Setting) -> dict[str, Any]:
    return {
        "name": one.name,
        "step": one.step,
        "unit": "" if one.unit == "1" else one.unit,
        "values": [str(value) for value in one.values],
        "current": None if one.current is None else str(one.values[one.current]),
        "default": one.default,
        "reason": one.reason,
    }
