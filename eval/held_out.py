"""Questions that a packaged model was not trained on, as a SQuAD-format file of their own.

    python eval/held_out.py encoder train-v1.1.json.gz -o unseen.json
    python eval/held_out.py half amazon_reviews_v1.0.json.gz -o first-half.json
    python eval/held_out.py reader RUN train-v1.1.json.gz -o unreached.json --data FILE FILE ...

"encoder" are the questions of the articles that the English encoder's recipe holds out. "half" are those of every other
title, by its hash. "reader" are the questions of a file that a reader's training run never came to: RUN is its folder,
``--data`` are its files in order. A question does not count if another form of it (``ragqa forms``) was shown.
All paragraphs stay in the file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from pathlib import Path

from parts import articles_of, ids_of, in_first_half, with_questions, write_articles
from transformers import AutoTokenizer

from ragqa.convert import convert, read_json
from ragqa.judging.questions import read_questions
from ragqa.models.tokenize import PairTokenizer
from ragqa.train.engine.recipe import ReaderRecipe, RetrieverRecipe, load_recipe
from ragqa.train.reader.data import read_sources, tokenize
from ragqa.train.reader.windows import TrainingWindows
from ragqa.train.retriever.data import load_pairings, split_questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=("encoder", "half", "reader"))
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--data", nargs="+", type=Path, default=[])
    given = parser.parse_args()
    file = given.files[-1]
    if given.way == "encoder":
        ids = new_to_encoder(file)
    elif given.way == "half":
        ids = {one.id for one in read_questions(file) if in_first_half(one.title)}
    else:
        ids = unreached(given.files[0], file, given.data)
    articles = with_questions(articles_of(file), ids)
    write_articles(given.output, articles)
    print(json.dumps({"file": str(given.output), "questions": len(ids_of(articles))}))


def new_to_encoder(file: Path) -> set[str]:
    recipe = load_recipe("retriever-minilm", RetrieverRecipe)
    _, held_out = split_questions(load_pairings([file], recipe, print), recipe.data.held_out, recipe.train.seed)
    return {pairing.id for pairing in held_out}


def unreached(run: Path, file: Path, data: Collection[Path]) -> set[str]:
    shown = texts_shown(run, data)
    reached = {one.id for path in data for one in read_questions(path) if one.text in shown}
    reached |= {one.rpartition("-")[0] for one in reached}  # what a form was made from
    return {one.id for one in read_questions(file)} - reached


def texts_shown(run: Path, data: Collection[Path]) -> set[str]:
    """The questions that a run drew, all those of a run that was broken off included."""
    recipe = convert(ReaderRecipe, read_json((run / "run.json").read_bytes())["recipe"])
    train = recipe.train
    tokenizer = PairTokenizer(AutoTokenizer.from_pretrained(recipe.base).backend_tokenizer, recipe.data.max_length)
    sources = read_sources(list(data), recipe.loss.places)
    material = tokenize(sources, sources.asked, tokenizer)
    windows = TrainingWindows(material, tokenizer, recipe.data, train.steps, train.batch_size, train.seed)
    return {material.examples[draw.example].text for draw in windows.draws}


if __name__ == "__main__":
    main()
