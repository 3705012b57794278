"""Values in contact pages, fee lists and tables of options, and pages of several countries, by the packaged models."""

from __future__ import annotations

import pytest

from ragqa import Pipeline, build

PAGES = {
    "contact.txt": (
        "St Mary's Veterinary Clinic\n\nAddress: 12 Harbour Road, Truro TR1 2AB\nPhone: 01632 960000\n"
        "Fax: 01632 960001\nE-mail: desk@stmarys.example\nWebsite: https://stmarys.example/visit\n"
    ),
    "fees.md": (
        "# Fees\n\nWhat we charge for a night at the shelter:\n\n- Dogs: 12 pounds\n- Cats: 5 pounds\n"
        "- Birds: 3 pounds\n- Rabbits: 4 pounds\n\nFees are due on arrival.\n"
    ),
    "options.md": (
        "# Options of the Redis server\n\n| Name | Default | Meaning |\n|---|---|---|\n"
        "| port | 6379 | The port that the server listens on |\n"
        "| dir | /var/lib/redis | The directory where dump files are written |\n"
        "| loglevel | notice | How much the server writes to its log |\n"
        "| databases | 16 | The number of databases |\n"
        "| timeout | 300 | Seconds after which an idle client is closed |\n"
    ),
    "start.md": (
        "# Getting started\n\nStart the Redis server with this command:\n\n```\nredis-server /etc/redis.conf\n```\n\n"
        "The server writes a log.\n"
    ),
    "austria.md": (
        "# Austria\n\nThe voting age in Austria is 16; in Norway, as in most of Europe, one has to be older to vote. "
        "The capital is Vienna.\n"
    ),
    "norway.md": "# Norway\n\nElections take place every four years. The voting age is 18. The capital is Oslo.\n",
    "iceland.md": "# Iceland\n\nLike Norway, Iceland is a founder of the council. The voting age is 20.\n",
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    for name, text in PAGES.items():
        (folder / "pages" / name).parent.mkdir(exist_ok=True)
        (folder / "pages" / name).write_text(text, encoding="utf-8")
    build(folder / "pages", folder / "index")
    return Pipeline.load(folder / "index", min_score=0.0).ask


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("fax number", "01632 960001"),
        ("What is the fax number?", "01632 960001"),
        ("What is the phone number?", "01632 960000"),
        ("What is the e-mail address?", "desk@stmarys.example"),
        ("What is the fee for a bird?", "3 pounds"),
        ("How much does a night cost for a cat?", "5 pounds"),
        ("What is the default of timeout?", "300"),
        ("What is the default of dir?", "/var/lib/redis"),
        ("How many databases are there by default?", "16"),
        ("What is the voting age in Norway?", "18"),
        ("what is the voting age in norway", "18"),
        ("What is the voting age in Austria?", "16"),
    ],
)
def test_the_value_of_what_is_asked_for(ask, question, answer):
    assert ask(question, form="span").answers[0].text == answer


def test_the_value_of_a_neighbour_is_never_sure(ask):
    answers = ask("What is the default of loglevel?", form="span").answers
    assert all(one.score < 0.25 for one in answers if one.text != "notice")


def test_a_command_comes_with_the_sentence_that_leads_to_it(ask):
    best = ask("How do I start the Redis server?").answers[0]
    assert best.kind == "excerpt" and best.text.startswith("Start the Redis server")
    assert best.text.endswith("redis-server /etc/redis.conf\n```")
