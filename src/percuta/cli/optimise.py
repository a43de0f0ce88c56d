"""``percuta optimise``: search the settings that a device has for what is wanted, within what must not happen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    SchedulerOption,
    WorkersOption,
    library_with,
    plain,
    print_json,
    progress,
    resumable,
    say,
    stdout,
)

if TYPE_CHECKING:
    from rich.table import Table


@resumable
def optimise(
    file: Annotated[Path, typer.Argument(help="The plan file.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the result.", show_default=False)] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Settings to try.")] = 100,
    members: Annotated[int, typer.Option("--members", help="Scenarios of the search, a power of two.")] = 64,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of scenarios and search.")] = 0,
    accuracy: Annotated[
        str, typer.Option("--accuracy", help="Of radiofrequency pulses in the search: draft, standard or reference.")
    ] = "draft",
    fresh: Annotated[
        int, typer.Option("--fresh", help="Scenarios that what was found is computed anew with, a power of two.")
    ] = 256,
    fresh_accuracy: Annotated[
        str, typer.Option("--fresh-accuracy", help="Of radiofrequency pulses in these.")
    ] = "standard",
    show: Annotated[
        bool,
        typer.Option("--show", help="Print objectives, constraints and settings as text for the plan file, and stop."),
    ] = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Search the settings of a plan, and write optimisation.json, optimisation.html, recommended.toml, manifest.json.

    What is wanted and what must not happen stands in the plan's table [optimise], or comes from the wanted effect.
    Interrupted, it keeps what was tried in study.db, and the same command goes on from there.

    Example: percuta optimise examples/cheek_pen.toml --out out/cheek_pen_search
    """
    from percuta.cli.check import print_findings
    from percuta.plan.reading import in_file, load_plan
    from percuta.workflows.optimise import optimise as search
    from percuta.workflows.optimise import shown_wishes
    from percuta.workflows.result_folder import FINDINGS

    known = library_with(library)
    plan = load_plan(file, known)
    if show:
        with in_file(file):
            text = shown_wishes(plan, known)
        if as_json:
            print_json({"toml": text})
        else:
            say(text.rstrip("\n"))
        return 0
    folder = _folder(out)
    with progress("trials", as_json=as_json) as update, in_file(file):
        found = search(
            plan,
            folder,
            trials=trials,
            members=members,
            seed=seed,
            accuracy=accuracy,
            fresh=fresh,
            fresh_accuracy=fresh_accuracy,
            workers=workers,
            scheduler=scheduler,
            known=known,
            progress=update,
        )
    if not found.table:
        if as_json:
            print_json(found.findings.as_dict())
        else:
            print_findings(found.findings)
            say(f"\nNothing was searched. The findings are in {folder / FINDINGS}")
        return found.exit_code
    if as_json:
        print_json({"folder": str(folder), **found.table})
        return found.exit_code
    print_search(found.table)
    _print_places(folder, found.recommended)
    return found.exit_code


def _folder(out: Path | None) -> Path:
    from percuta.errors import PlanError

    if out is None:
        raise PlanError("no folder for the result was given", do="give one with --out; --show needs none")
    return out


def _print_places(folder: Path, recommended: Path | None) -> None:
    from percuta.manifest import DISCLAIMER
    from percuta.workflows.result_folder import OPTIMISATION_PAGE

    say(f"\nThe page with the trade-off is {folder / OPTIMISATION_PAGE}")
    if recommended is not None:
        say(f"The plan with the recommended settings is {recommended}")
    say(DISCLAIMER)


def print_search(table: dict[str, Any]) -> None:
    """Print what a search found: the verdict, settings, objectives and constraints in both samples."""
    from percuta.report.optimisation_tables import chances, gains, missed, setting_changes

    console = stdout()
    console.print(f"[bold]{plain(table['sentences']['verdict'])}[/bold]")
    chosen = next((one for one in table["candidates"] if one["number"] == table["recommended"]), None)
    written = next((one for one in table["candidates"] if one["current"]), None)
    if chosen is None:
        rows = [(row.label, row.asked, f"{row.missed} of {row.computed}", row.highest) for row in missed(table)]
        console.print(_table(("constraint", "asked for", "missed by", "highest share"), rows))
        for one in table["relax"]:
            say(f"\n{one['sentence']}\n  {', '.join(f'{name} {value}' for name, value in one['settings'].items())}")
        return
    changes = [row[:3] for row in setting_changes(table, written, chosen)]
    console.print(_table(("setting", "as written", "recommended"), changes))
    samples = ("as written", f"search, {table['members']}", f"fresh, {table['fresh_members']}")
    found = [
        (row.label, *map(_with_range, (row.written, row.search, row.fresh))) for row in gains(table, written, chosen)
    ]
    console.print("\n[bold]Objectives[/bold], with the range of 9 of 10 scenarios")
    console.print(_table(("objective", *samples), found))
    if table["constraints"]:
        held = [
            (row.label, row.asked, row.written, row.search, row.fresh, row.verdict)
            for row in chances(table, written, chosen)
        ]
        console.print(f"\n[bold]Constraints[/bold], share of scenarios with its {100 * table['interval']:g} % interval")
        console.print(_table(("constraint", "asked for", *samples, "verdict"), held))
    _print_reasons(table, chosen)


def _print_reasons(table: dict[str, Any], chosen: dict[str, Any]) -> None:
    """Print why these settings, what binds, what cannot be told apart from them, and what to be careful about."""
    from percuta.report.optimisation_tables import lucky, modelled
    from percuta.report.optimisation_words import BEYOND_LABEL

    say("")
    for sentence in table["chosen_because"]:
        say(sentence)
    if table["binding"]:
        say(table["binding"]["sentence"])
    for caution in (lucky(table, chosen), BEYOND_LABEL if chosen["beyond_label"] else "", modelled(table)):
        if caution:
            say(caution)


def _with_range(pair: tuple[str, str]) -> str:
    value, ends = pair
    return f"{value} ({ends})" if ends else value


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(plain, row))
    return table
