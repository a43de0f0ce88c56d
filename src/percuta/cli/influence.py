"""``percuta influence``: which uncertain input each endpoint hangs on most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    WorkersOption,
    command,
    library_with,
    plain,
    print_json,
    progress,
    say,
    stdout,
)

if TYPE_CHECKING:
    from rich.table import Table


@command
def influence(
    file: Annotated[Path, typer.Argument(help="The plan file.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for influence.json and influence.html.", show_default=False)
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(
            "--members",
            help="Scenarios for each input, a power of two from 32 on; 256, and 32 with radiofrequency pulses.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of the scenarios.")] = 0,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="Only this endpoint, in every zone.", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=99, help="Inputs printed for each endpoint.")] = 8,
    study: Annotated[bool, typer.Option("--study", help="Compute a refused plan all the same.")] = False,
    workers: WorkersOption = 1,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Rank the uncertain inputs of a plan by their total effect on every endpoint: what to measure next.

    Where --out is the folder of the same plan's result, its report shows the ranking too.

    Example: percuta influence examples/cheek_pen.toml --out out/cheek_pen
    """
    from percuta.cli.check import print_findings
    from percuta.manifest import DISCLAIMER
    from percuta.plan.reading import load_plan
    from percuta.workflows.influence import rank_inputs

    known = library_with(library)
    loaded = load_plan(file, known)
    with progress("scenarios", as_json=as_json) as update:
        ranked = rank_inputs(
            loaded,
            out,
            members=members,
            seed=seed,
            endpoint=endpoint,
            study=study,
            workers=workers,
            known=known,
            progress=update,
            warn=lambda sentence: say(f"percuta: {sentence}", error=True),
        )
    code = ranked.findings.exit_code
    if as_json and ranked.table:
        print_json(ranked.table)
        return code
    if not ranked.table:
        if as_json:
            print_json(ranked.findings.as_dict())
        else:
            print_findings(ranked.findings)
            say("\nNothing was computed; --study computes a refused plan all the same.")
        return code
    stdout().print(f"[bold]{plain(ranked.findings.sentence)}[/bold]")
    print_ranking(ranked.table, top)
    if ranked.page is not None:
        say(f"\nThe page is {ranked.page}")
    if ranked.report is not None:
        say(f"The report shows what to measure next: {ranked.report}")
    say(DISCLAIMER)
    return code


def print_ranking(table: dict[str, Any], top: int) -> None:
    """Print the most influential inputs of every endpoint."""
    from percuta.report.influence_charts import worth_showing

    console = stdout()
    say(
        f"Share of each endpoint's variance: with others (total) and alone (first order), "
        f"with {100 * table['interval']:.0f} % intervals, over {table['members']} scenarios for each input"
    )
    for one in table["endpoints"]:
        console.print(f"\n[bold]{plain(one['name'])}[/bold]" + (f" ({plain(one['zone'])})" if one["zone"] else ""))
        shown = worth_showing(one["inputs"], top)
        console.print(_table(shown))
        if len(one["inputs"]) > len(shown):
            say(f"  and {len(one['inputs']) - len(shown)} with less")
    if table["without_effect"]:
        say(f"\nMoved nothing in the first {table['screened']} scenarios: {', '.join(table['without_effect'])}")
    reasons: dict[str, list[str]] = {}
    for one in table["left_out"]:
        reasons.setdefault(one["reason"], []).append(one["name"])
    for reason, names in reasons.items():
        say(f"\nNot ranked, {reason}:\n  {', '.join(dict.fromkeys(names))}")


def _table(inputs: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    from percuta.report.influence_charts import percent

    table = Table(box=None, pad_edge=False)
    for column in ("input", "grade", "total", "first order"):
        table.add_column(column, overflow="fold", justify="right" if column in ("total", "first order") else "left")
    for one in inputs:
        table.add_row(plain(one["input"]), one["grade"], percent(one["total"]), percent(one["first"]))
    return table
