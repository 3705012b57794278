"""``ragqa export`` and ``ragqa models``."""

from __future__ import annotations

import click

from ragqa.cli.terminal import say


@click.command()
@click.argument("checkpoint", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the fast form.")
@click.option("--as", "kind", type=click.Choice(["reader", "encoder", "reranker"]), default="reader", show_default=True)
@click.option(
    "--max-length", type=click.IntRange(16), help="Longest input in tokens [384, encoder its own, reranker 512]."
)
@click.option("--fp32", is_flag=True, help="Keep fp32 weights instead of int8.")
def export(checkpoint: str, output: str, kind: str, max_length: int | None, fp32: bool) -> None:
    """Turn a CHECKPOINT into the fast form (int8 onnxruntime).

    The result is compared with the checkpoint.
    """
    from ragqa.models.export import export_encoder, export_reader, export_reranker

    if kind == "reader":
        report = export_reader(checkpoint, output, max_length=max_length or 384, int8=not fp32)
    elif kind == "reranker":
        report = export_reranker(checkpoint, output, max_length=max_length or 512, int8=not fp32)
    else:
        report = export_encoder(checkpoint, output, max_length=max_length, int8=not fp32)
    say(f"{report.path}: {report.size / 1e6:.1f} MB, mean cosine to the checkpoint {report.cosine:.4f}")


@click.group()
def models() -> None:
    """The models that come with ragqa."""


@models.command()
@click.argument("name", type=click.Choice(["reader", "encoder"]))
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the checkpoint.")
def merge(name: str, output: str) -> None:
    """Write the full, standard checkpoint of a packaged model.

    It can be trained further, or used elsewhere.
    """
    from ragqa.models.runtime import require_torch

    require_torch("Merging a model")
    if name == "encoder":
        from ragqa.train.checkpoints.unpack import unpack_encoder

        say(f"{unpack_encoder(output)}: sentence-transformers checkpoint")
        return
    from ragqa.train.checkpoints.adapter import merge_packaged

    say(f"{merge_packaged(name, output)}: standard checkpoint with span heads")


@models.command()
@click.argument("checkpoints", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the averaged checkpoint.")
def soup(checkpoints: tuple[str, ...], output: str) -> None:
    """Average the weights of CHECKPOINTS that were tuned from one base."""
    from ragqa.models.runtime import require_torch

    require_torch("A soup")
    from ragqa.train.checkpoints.soup import soup as average

    say(f"{average(checkpoints, output)}: average of {len(checkpoints)} checkpoints")


@models.command()
@click.argument("checkpoint", type=click.Path(exists=True))
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the adapter.")
@click.option("--base", default="all-MiniLM-L6-v2", show_default=True, help="What the checkpoint was tuned from.")
@click.option("--rank", type=click.IntRange(1), default=64, show_default=True, help="Rank kept in each matrix.")
@click.option(
    "--data", multiple=True, type=click.Path(), help="SQuAD-format file: keep what matters for its questions."
)
def compress(checkpoint: str, output: str, base: str, rank: int, data: tuple[str, ...]) -> None:
    """Store a CHECKPOINT as a low-rank PEFT adapter on its base."""
    from ragqa.models.runtime import require_torch

    require_torch("Compressing a checkpoint")
    from ragqa.train.checkpoints.adapter import compress as store

    say(f"{store(checkpoint, base, output, rank, data)}: adapter of rank {rank}")
