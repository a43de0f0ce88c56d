"""The table of the verification and validation cases as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from percuta.evidence.cases import Case, Row

Results = Sequence[tuple[Case, Sequence[Row]]]

_INTRODUCTIONS = {
    "verification": "Each model against an exact or a converged answer.",
    "validation": "Each model against published measurements. A miss is printed like a hit.",
}


def markdown(results: Results, made_by: str, machine: str) -> str:
    """Return the page.

    Parameters
    ----------
    results
        The cases with their rows.
    made_by
        The command that writes the page.
    machine
        Where it ran, with versions.
    """
    parts = [
        "# Verification and validation",
        f"Written by `{made_by}`. {machine}",
        "Percuta is decision support for research and education.",
    ]
    for kind, words in _INTRODUCTIONS.items():
        chosen = [(case, rows) for case, rows in results if case.kind == kind]
        if chosen:
            parts += [f"## {kind.capitalize()}", words, _counted(chosen)]
            parts += [_section(case, rows) for case, rows in chosen]
    return "\n\n".join(parts) + "\n"


def _counted(results: Results) -> str:
    verdicts = [row.verdict for _, rows in results for row in rows]
    return ", ".join(f"{verdicts.count(one)} {one}" for one in dict.fromkeys(verdicts)) + "."


def _section(case: Case, rows: Iterable[Row]) -> str:
    rows = list(rows)
    validation = case.kind == "validation"
    heads = ["quantity", "measured" if validation else "expected", "computed", "error or coverage", "verdict"]
    heads += ["used in a fit"] if validation else []
    lines = [f"### {case.id}: {case.title}", ""]
    lines += ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in rows:
        cells = [row.quantity, row.expected_shown, row.predicted_shown, row.error_shown, row.verdict]
        cells += ["yes" if row.fitted else "no"] if validation else []
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    if notes:
        lines += ["", *(f"{note}  " for note in notes[:-1]), notes[-1]]
    if case.source:
        lines += ["", "Sources: " + ", ".join(f"`{key}`" for key in case.source) + " (`percuta cite KEY`)"]
    return "\n".join(lines)
