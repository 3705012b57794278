"""``ragqa export`` and ``ragqa models``."""

from __future__ import annotations

import click

from ragqa.cli.terminal import print_json, say
from ragqa.errors import ConfigError


@click.command()
@click.argument("checkpoint", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the fast form.")
@click.option("--as", "kind", type=click.Choice(["reader", "encoder", "reranker"]), default="reader", show_default=True)
@click.option(
    "--max-length", type=click.IntRange(16), help="Longest input in tokens [384, encoder its own, reranker 512]."
)
@click.option("--fp32", is_flag=True, help="Keep fp32 weights instead of int8.")
@click.option("--shared", is_flag=True, help="Tokenizer and word table (4 bits) go into the folder above, for a pair.")
@click.option("--dense-scale", type=click.FloatRange(0), help="What an encoder's cosines are worth beside BM25 [40].")
@click.option("--name", default="", help="What the model is called [the checkpoint's folder].")
def export(
    checkpoint: str,
    output: str,
    kind: str,
    max_length: int | None,
    fp32: bool,
    shared: bool,
    dense_scale: float | None,
    name: str,
) -> None:
    """Turn a CHECKPOINT into the fast form (int8 onnxruntime).

    The result is compared with the checkpoint.
    """
    if (shared and kind == "reranker") or (dense_scale is not None and kind != "encoder"):
        raise ConfigError("--shared is for an encoder or a reader, --dense-scale for an encoder")
    from ragqa.config import DENSE_SCALE
    from ragqa.models.export import export_encoder, export_reader, export_reranker

    if kind == "reader":
        report = export_reader(
            checkpoint, output, max_length=max_length or 384, int8=not fp32, shared=shared, name=name
        )
    elif kind == "reranker":
        report = export_reranker(checkpoint, output, max_length=max_length or 512, int8=not fp32, name=name)
    else:
        report = export_encoder(
            checkpoint,
            output,
            max_length=max_length,
            int8=not fp32,
            shared=shared,
            dense_scale=DENSE_SCALE if dense_scale is None else dense_scale,
            name=name,
        )
    say(f"{report.path}: {report.size / 1e6:.1f} MB, mean cosine to the checkpoint {report.cosine:.4f}")


@click.group()
def models() -> None:
    """The models that come with ragqa."""


@models.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
def ls(as_json: bool) -> None:
    """List the pairs of models in the package.

    A pair is an encoder and a reader. Without --models the first that knows the index' language is taken.
    """
    from ragqa.models.listing import packaged_pairs

    found = packaged_pairs()
    if as_json:
        print_json([pair.to_dict() for pair in found])
        return
    for pair in found:
        say(f"{pair.name}: {pair.bytes / 1e6:.0f} MB, {', '.join(pair.languages) or 'any language'}")
        for kind, model in (("encoder", pair.encoder), ("reader", pair.reader)):
            figures = ", ".join(f"{name} {value:g}" for name, value in model.measured.items())
            say(f"  {kind:<8}{model.name}{': ' if figures else ''}{figures}")


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
