"""What questions ask for. The questions are written for these tests; none comes from a data set."""

from __future__ import annotations

import pytest

from ragqa.questions import Kind, as_question, asked


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("For how long is an enrolment code valid?", {Kind.DURATION, Kind.QUANTITY}),
        ("How many working days does a refund take?", {Kind.DURATION, Kind.NUMBER}),
        ("how many seats are in the lower hall", {Kind.NUMBER}),
        ("How often must the filter be changed?", {Kind.FREQUENCY}),
        ("How much money did the lighthouse cost?", {Kind.MONEY}),
        ("What does a day ticket cost?", {Kind.MONEY}),
        ("What is the price of a day ticket?", {Kind.MONEY, Kind.PERCENTAGE}),
        ("In what year was the canal dug?", {Kind.DATE}),
        ("What percentage of members voted?", {Kind.PERCENTAGE}),
        ("What share of the votes did she get?", {Kind.PERCENTAGE}),
        ("When does the gate close?", {Kind.OCCASION}),
        ("Who signed the lease?", {Kind.PERSON}),
        ("Where are the keys kept?", {Kind.PLACE}),
        ("Why was the bridge closed?", {Kind.REASON}),
        ("How do I reset the meter?", {Kind.PROCEDURE}),
        ("how to clean the lens", {Kind.PROCEDURE}),
        ("What does the term lintel mean?", {Kind.DEFINITION}),
        ("What is the difference between a mole and a vole?", {Kind.COMPARISON}),
        ("Is the museum open on Mondays?", {Kind.YES_NO}),
        ("What port does the daemon listen on?", {Kind.PORT}),
        ("default port redis", {Kind.PORT}),
        ("fax number of the harbour office", {Kind.PHONE}),
        ("minimum python version", {Kind.VERSION}),
        ("deadline for the second application", {Kind.DATE}),
        ("What is the fax number of the harbour office?", {Kind.PHONE}),
        ("What is the email address of the registrar?", {Kind.MAIL}),
        ("What time does the gate close?", {Kind.DATE}),
        ("What time period is it from?", frozenset()),
        ("What is the IP address of the gateway?", {Kind.IP}),
        ("What is the path of the log file?", {Kind.PATH}),
        ("What is the path of the river?", frozenset()),
        ("How does the meter work?", {Kind.PROCEDURE}),
        ("how is the tax calculated?", {Kind.PROCEDURE}),
        ("How can the cache be disabled?", {Kind.PROCEDURE}),
        ("How is the river called?", frozenset()),
        ("How are the leaves shaped?", frozenset()),
        ("How do the old masters see the use of his later work?", frozenset()),
        ("What is autovacuum?", {Kind.DEFINITION}),
        ("What is it?", frozenset()),
        ("How do tin and lead differ?", {Kind.COMPARISON}),
        ("difference tin lead", {Kind.COMPARISON}),
        ("Which is older, the mill or the tower?", {Kind.COMPARISON}),
        ("Give me all dog parks", {Kind.LIST}),
        ("Tell me the price of a ticket", {Kind.MONEY, Kind.PERCENTAGE}),
        ("Could you tell me the price of a ticket?", {Kind.MONEY, Kind.PERCENTAGE}),
        ("What is the name of the largest port in Norway?", frozenset()),
        ("Which material is the keel made of?", frozenset()),
        ("", frozenset()),
    ],
)
def test_english(question, kinds):
    assert asked(question, "en").kinds == frozenset(kinds)


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("这座桥是哪一年建成的？", "zh", Kind.DATE),
        ("這座橋是誰設計的？", "zh", Kind.PERSON),
        ("门票多少钱？", "zh", Kind.MONEY),
        ("为什么关闭？", "zh", Kind.REASON),
        ("怎么安装这个软件？", "zh", Kind.PROCEDURE),
        ("Wie lange ist der Ausweis gültig?", "de", Kind.DURATION),
        ("Warum wurde die Brücke gesperrt?", "de", Kind.REASON),
        ("Combien de temps dure la visite ?", "fr", Kind.DURATION),
        ("Qui a signé le bail ?", "fr", Kind.PERSON),
        ("¿Cuándo cierra la puerta?", "es", Kind.OCCASION),
        ("¿Cuánto cuesta la entrada?", "es", Kind.MONEY),
        ("什么是自动清理？", "zh", Kind.DEFINITION),
        ("传真号码是多少？", "zh", Kind.PHONE),
        ("默认端口是多少？", "zh", Kind.PORT),
        ("Was ist ein Sturz?", "de", Kind.DEFINITION),
        ("Wie funktioniert der Zähler?", "de", Kind.PROCEDURE),
        ("Wie wird die Steuer berechnet?", "de", Kind.PROCEDURE),
        ("Erkläre die Gebühr.", "de", Kind.DEFINITION),
        ("Wie lautet die Faxnummer des Amts?", "de", Kind.PHONE),
        ("Quel est le numéro de fax du bureau ?", "fr", Kind.PHONE),
        ("Comment fonctionne le compteur ?", "fr", Kind.PROCEDURE),
        ("Comment est calculée la taxe ?", "fr", Kind.PROCEDURE),
        ("¿Cuál es el número de fax de la oficina?", "es", Kind.PHONE),
        ("¿Cómo se calcula el impuesto?", "es", Kind.PROCEDURE),
        ("How long is the pass valid?", "de", Kind.DURATION),  # a question in English about German documents
    ],
)
def test_other_languages(question, language, kind):
    assert kind in asked(question, language).kinds


def test_what_wants_an_excerpt():
    assert asked("Why do cats purr?", "en").wants_excerpt
    assert asked("How do I change the wheel?", "en").wants_excerpt
    assert asked("Is the gate open?", "en").wants_excerpt and asked("List the gates.", "en").wants_excerpt
    assert not asked("Is the gate red or green?", "en").wants_excerpt
    assert not asked("Who changed the wheel?", "en").wants_excerpt


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which rivers flow north?", True),
        ("Which signals are used?", True),
        ("What documents must be handed in?", True),
        ("What fees apply?", True),
        ("Which company owns the mill?", False),
        ("What command starts the server?", False),
        ("What command starts redis?", False),
        ("What happens if it rains?", False),
        ("Which large firm grants the licences?", False),
        ("¿Qué es un dintel?", False),
        ("¿Qué trenes paran aquí?", True),
    ],
)
def test_whether_several_things_are_asked_for(question, several):
    assert asked(question, "es" if question.startswith("¿") else "en").several is several


def test_an_echo_says_nothing_new():
    question = asked("For what length of time is the code valid?", "en")
    assert question.echoed("length of time") and question.echoed("The code")
    assert not question.echoed("two weeks") and not question.echoed("the")


def test_what_is_offered_is_no_echo():
    assert not asked("Is the door red or green?", "en").echoed("red")


def test_a_long_question_is_read_in_linear_time():
    assert asked("how many " * 20_000, "en").kinds == {Kind.NUMBER}
    assert not asked("what is the " * 20_000, "en").kinds


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("default port redis", "what default port redis?"),
        ("Fenn harbour fax number.", "what Fenn harbour fax number?"),
        ("100 {0} percent", "what 100 {0} percent?"),
        ("Tell me the price of a ticket.", "what is the price of a ticket?"),
        ("please tell me when the gate opens", "when the gate opens?"),
        ("Give me all dog parks", "Give me all dog parks"),
        ("install redis ubuntu", "how to install redis ubuntu?"),
        ("install size redis", "what install size redis?"),
        ("smoking allowed in park", "is smoking allowed in park?"),
        ("dogs allowed in hut", "are dogs allowed in hut?"),
        ("maximum speed allowed in park", "what maximum speed allowed in park?"),
        ("difference tin lead", "difference tin lead"),
        ("die Hauptstadt von Island", "die Hauptstadt von Island"),
        ("penicillin", "penicillin"),
        ("who wrote it", "who wrote it"),
        ("is the gate open", "is the gate open"),
        ("gate open?", "gate open?"),
        ("list the signals of the harbour", "list the signals of the harbour"),
        ("The gate was opened", "The gate was opened"),
        ("", ""),
    ],
)
def test_keywords_become_a_question(text, question):
    assert as_question(text, "en") == question


@pytest.mark.parametrize("keywords", ["default port redis", "deadline for the second application", "fax number office"])
def test_the_question_asks_for_what_its_keywords_ask_for(keywords):
    assert asked(as_question(keywords, "en"), "en").kinds == asked(keywords, "en").kinds != frozenset()


@pytest.mark.parametrize("language", ["zh", "de", "simple", "auto"])
def test_only_where_the_form_was_measured(language):
    assert as_question("default port redis", language) == "default port redis"
