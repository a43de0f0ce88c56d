"""``percuta library evidence``: the published trials and measurements, and one of them whole."""

from __future__ import annotations

from typing import Any

from percuta.cli.console import plain, print_json, stdout
from percuta.cli.tables import print_head, print_rows


def evidence(source: str | None, filters: dict[str, str | None], *, as_json: bool) -> None:
    """Print the list of publications that meet the filters, or one of them whole."""
    from percuta.errors import LibraryError
    from percuta.workflows.evidence import evidence_entry, evidence_rows

    if source is None:
        rows = evidence_rows(**filters)
        if as_json:
            print_json(rows)
        elif rows:
            print_rows([row | {"n": row["n"] or ""} for row in rows])
        else:
            print("no publication with such a finding")
        return
    if any(filters.values()):
        raise LibraryError("filters are for the list", value=source, do="leave out the publication, or the filters")
    entry = evidence_entry(source)
    if as_json:
        print_json(entry)
    else:
        _print_entry(entry)


def _print_entry(entry: dict[str, Any]) -> None:
    console = stdout()
    apart = ("settings", "risk_of_bias", "findings", "benefits")
    print_head({key: value for key, value in entry.items() if key not in apart})
    print_head({f"setting: {key.replace('_', ' ')}": value for key, value in entry["settings"].items()})
    if bias := entry["risk_of_bias"]:
        print_head({"risk of bias": f"{bias['level']}: {bias['why']}"})
    for one in entry["benefits"]:
        console.print(f"[bold]benefit[/bold]  {plain(one['says'])}")
    if entry["findings"]:
        print()
        print_rows([_finding(one) for one in entry["findings"]])


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "quantity": one["quantity"],
        "found": one["text"],
        "control": one.get("control_text", ""),
        "n": one.get("n") or "",
        "time": " from ".join(part for part in (one.get("time", ""), one.get("time_from", "")) if part),
        "role": one["role"],
        "note": one["note"],
    }
