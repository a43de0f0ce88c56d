"""``percuta check``: what the safety rules find in a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, plain, print_json, say, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from percuta.safety.findings import Finding, Findings


@command
def check(
    file: Annotated[Path, typer.Argument(help="The plan file.", show_default=False)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check a plan against the safety rules; ends with 3 where it is refused or deferred.

    Example: percuta check examples/cheek_pen.toml
    """
    from percuta.plan.reading import load_plan
    from percuta.workflows import check as workflow

    known = library_with(library)
    findings = workflow.check(load_plan(file, known), known)
    if as_json:
        print_json(findings.as_dict())
    else:
        print_findings(findings)
    return findings.exit_code


def print_findings(findings: Findings) -> None:
    """Print the verdict, every finding with its reason and what to do, and the open questions as one list."""
    console = stdout()
    console.print(f"[bold]{plain(findings.sentence)}[/bold]")
    for one in findings.findings:
        if not one.unanswered:
            _print_finding(console, one)
    asked = [one for one in findings.findings if one.unanswered]
    if asked:
        console.print(
            "\n[bold]Questions without an answer[/bold]  write yes or no into the plan, under patient.screening"
        )
        for one in asked:
            say(f"  {one.rule}: {one.reason.split(': ', 1)[-1].split('? ')[0]}?")
        console.print(f"\n[bold]{plain(findings.sentence)}[/bold]")


def _print_finding(console: Console, one: Finding) -> None:
    from rich.padding import Padding

    place = " ".join(part for part in (f"step {one.step}" if one.step else "", one.zone or "") if part)
    overridden = f" (overridden by {one.overridden['name']}: {one.overridden['reason']})" if one.overridden else ""
    console.print(f"\n[bold]{one.severity.upper()}[/bold]  {plain(one.rule)}{plain(overridden)}  {plain(place)}")
    lines = [one.reason, one.detail, f"What to change: {one.change}" if one.change else ""]
    lines += [f"{view.get('source', '')} says: {view.get('says', '')}" for view in one.views]
    for line in filter(None, lines):
        if console.is_terminal:
            console.print(Padding(plain(line), (0, 0, 0, 2)))
        else:
            say(f"  {line}")
