"""What a question may ask for."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of answer. The first group can often be seen by the form of a quotation (`ragqa.questions.fitting`); the
    second is answered by a sentence or more (see `Asked.wants_excerpt`).
    """

    NUMBER = "number"
    QUANTITY = "quantity"  # a number with its unit, or a word such as "half"
    DURATION = "duration"
    FREQUENCY = "frequency"
    DATE = "date"  # a year, a month, a day, a time of the day
    OCCASION = "occasion"  # of "when": a date, or an event ("after the war")
    MONEY = "money"
    PERCENTAGE = "percentage"
    PERSON = "person"
    PLACE = "place"
    LINK = "link"
    MAIL = "mail address"
    PHONE = "phone number"
    VERSION = "version"
    PORT = "port"
    IP = "ip address"
    PATH = "path"  # of a file or a folder
    CODE = "code"  # an identifier with digits: an account's id, a postcode
    ADDRESS = "street address"

    YES_NO = "yes or no"
    LIST = "list"
    REASON = "reason"
    PROCEDURE = "procedure"
    DEFINITION = "definition"
    COMPARISON = "comparison"
