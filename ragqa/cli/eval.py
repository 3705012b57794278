"""``ragqa eval``."""

from __future__ import annotations

from pathlib import Path

import click

from ragqa.cli.interrupt import interruptible
from ragqa.cli.options import device_option, settings_option
from ragqa.cli.skipped import Skipped
from ragqa.cli.terminal import note, print_json
from ragqa.errors import ConfigError

KEPT = "what was answered is kept, and the same command goes on from there"
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
run_argument = click.argument("run", type=click.Path())


@click.group("eval")
def evaluate() -> None:
    """Measure: run a suite once, then score, compare and report.

    \b
    ragqa eval run eval/suites/sample.toml -o eval/runs/base
    ragqa eval score eval/runs/base
    """


@evaluate.command("run")
@click.argument("suite", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the run.")
@click.option("--data", type=click.Path(), help="Folder with the suite's data, where they are not beside it.")
@click.option(
    "--indexes", type=click.Path(), default="eval/indexes", show_default=True, help="Where its indexes are kept."
)
@settings_option
@device_option
@click.option("--limit", type=click.IntRange(1), help="Only the first N questions of each part.")
@click.option("--sample", type=click.IntRange(1), help="Only N questions of each part, chosen at random.")
@click.option("--seed", type=int, help="For --sample [the suite's].")
@click.option("--explain", is_flag=True, help="Keep why each answer is what it is, for the report; takes longer.")
def run_command(
    suite: str,
    output: str,
    data: str | None,
    indexes: str,
    settings: tuple[str, ...],
    device: str | None,
    limit: int | None,
    sample: int | None,
    seed: int | None,
    explain: bool,
) -> None:
    """Answer all questions of a SUITE (a TOML file).

    Everything is kept in the run's folder. After an interruption the same command goes on.
    """
    from ragqa.cli.progress import progress_bar
    from ragqa.eval.runs.prepared import Choice
    from ragqa.eval.runs.runner import run

    with interruptible(KEPT), progress_bar() as progress, Skipped() as tell:
        folder = run(
            suite,
            output,
            data=data,
            indexes=indexes,
            settings=settings if device is None else (*settings, f"device={device}"),
            choice=Choice(limit, sample, seed),
            explain=explain,
            progress=progress,
            problems=tell,
        )
    note(f"{folder.path}: finished; ragqa eval score {folder.path} shows the figures")


@evaluate.command("score")
@run_argument
@json_option
def score_command(run: str, as_json: bool) -> None:
    """Show the figures of a finished RUN."""
    from ragqa.cli.figures import print_scores
    from ragqa.eval.measure.scores import score

    scores = score(run)
    print_json(scores) if as_json else print_scores(scores)


@evaluate.command("compare")
@click.argument("base", type=click.Path())
@click.argument("new", type=click.Path())
@json_option
def compare_command(base: str, new: str, as_json: bool) -> None:
    """Show what differs between two runs.

    Question by question, with paired tests.
    """
    from ragqa.cli.figures import print_comparison
    from ragqa.eval.measure.comparison import compare

    comparison = compare(base, new)
    print_json(comparison) if as_json else print_comparison(comparison)


@evaluate.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="The HTML file to write.")
@click.option("--questions", type=click.IntRange(0), default=1000, show_default=True, help="Questions to browse.")
def report_command(runs: tuple[str, ...], output: str, questions: int) -> None:
    """Write one page about one or more RUNS of a suite.

    The page is self-contained.
    """
    from ragqa.eval.page.publish import report

    note(f"{report(runs, output, questions=questions)}: open it in a browser")


@evaluate.command("check")
@run_argument
@click.option("--baselines", type=click.Path(), default="eval/baselines", show_default=True, help="Their folder.")
@click.option("--accept", "accepted", is_flag=True, help="Make this run the baseline instead.")
@json_option
def check_command(run: str, baselines: str, accepted: bool, as_json: bool) -> int:
    """Compare a RUN with its suite's baseline.

    Exit code 1 if anything is significantly worse.
    """
    from ragqa.cli.figures import print_comparison
    from ragqa.eval.measure.baseline import accept, check

    if accepted:
        if as_json:
            raise ConfigError("--accept writes a baseline and has no --json")
        note(f"{accept(run, Path(baselines))}: the baseline now")
        return 0
    result = check(run, Path(baselines))
    print_json(result) if as_json else print_comparison(result)
    for row in result["worse"]:
        note(f"worse: {row['part']} {row['measure']} {row['a']:.2f} → {row['b']:.2f} (p {row['p_holm']:.4f})")
    return 1 if result["worse"] else 0
