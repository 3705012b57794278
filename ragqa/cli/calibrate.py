"""``ragqa calibrate``."""

from __future__ import annotations

import click

from ragqa.cli.options import (
    BOTH,
    device_option,
    encoder_option,
    index_option,
    locate_index,
    make_config,
    models_option,
    settings_options,
)
from ragqa.cli.terminal import note, print_json, say
from ragqa.errors import ConfigError

SHOWN = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


@click.command()
@index_option
@click.option("--questions", required=True, type=click.Path(), help="Questions with answers, in any format of eval.")
@click.option("-o", "--output", type=click.Path(), help="Folder for calibration.json [the index].")
@click.option("--sample", type=click.IntRange(1), help="So many of the questions, drawn at random.")
@click.option("--seed", type=int, default=1, show_default=True, help="For --sample.")
@click.option("--weights", is_flag=True, help="Fit how evidence is weighed as well, not only what scores are worth.")
@click.option(
    "--unanswerable",
    type=click.FloatRange(0, 0.9),
    default=0.0,
    show_default=True,
    help="Ask some once more without the passages that answer them, so that they are this share of all.",
)
@models_option
@click.option("--reader", help="Another reader: a directory or hub name.")
@encoder_option
@device_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
@settings_options
def calibrate(
    index_dir: str | None,
    questions: str,
    output: str | None,
    sample: int | None,
    seed: int,
    weights: bool,
    unanswerable: float,
    models: str | None,
    reader: str | None,
    encoder: str | None,
    device: str | None,
    as_json: bool,
    quiet: bool,
    config_file: str | None,
    settings: tuple[str, ...],
) -> None:
    """Fit scores to QUESTIONS about an index whose answers are known.

    A few hundred are enough; 20 are the fewest, from which little can be promised. Afterwards a score is the
    probability of being right on questions like these, and --risk keeps the share of wrong answers down to its value.
    They must not be questions that the reader was trained on.
    """
    from pathlib import Path

    from ragqa.calibrate.run import calibrate_index
    from ragqa.cli.progress import progress_bar

    if models and reader:
        raise ConfigError(BOTH)
    named = {"read.reader": models or reader, "index.encoder": encoder, "device": device}
    config = make_config(config_file, settings, named)
    directory = locate_index(index_dir)
    with progress_bar(quiet) as progress:
        report = calibrate_index(
            directory,
            questions,
            Path(output) if output else directory,
            config,
            sample=sample,
            seed=seed,
            weights=weights,
            unanswerable=unanswerable,
            risks=SHOWN,
            progress=progress,
        )
    if as_json:
        print_json(report.to_dict())
        return
    low, high = report.right_between
    say(
        f"{report.path}: fitted to {report.questions:,} questions, {report.right:.1f} % answered right "
        f"(on others like them from {low:.0f} to {high:.0f} %, with 90 % confidence)"
    )
    say(f"calibration error {report.error_before:.3f} before, {report.error:.3f} now (cross-fitted)")
    for risk, coverage in report.coverage.items():
        say(f"--risk {risk:g}: {_promise(risk, coverage, report.questions)}")
    usual = config.read.risk
    if config.read.min_score is None and report.coverage.get(usual, 0.0) is None:
        note(f"ragqa ask gives no answer at --risk {usual:g} with this fit: use more questions, or name a larger risk")


def _promise(risk: float, coverage: float | None, questions: int) -> str:
    from ragqa.evidence.calibration import fewest_for

    if coverage is not None:
        return f"{coverage:.1f} % of questions answered"
    fewest = fewest_for(risk)
    why = f"it takes at least {fewest:,} questions" if questions < fewest else "too many answers are wrong"
    return f"no promise possible ({why})"
