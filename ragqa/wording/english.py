"""English."""

from __future__ import annotations

from ragqa.wording.words import Wording, forms, in_order, words

_MONTHS = in_order("january february march april may june july august september october november december", 1)
_UNITS = in_order(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    0,
)
_TENS = in_order("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)

# Neither a bound ("over 18") nor a direction ("before 1945") nor a part ("late 1945") is loose: it says something else.
_LOOSE = words("about approximately around at circa for in just of on or roughly some with year years ~ ≈")
_TITLES = words(
    "mr mrs ms miss dr doctor prof professor sir dame lord lady king queen prince princess emperor empress pope "
    "president chancellor minister senator governor mayor general colonel captain admiral bishop archbishop"
)
_QUALIFIERS = words(
    "north south east west northeast northwest southeast southwest northern southern eastern western upper lower "
    "inner outer central middle new old greater lesser saint st san santa fort port cape lake former ex vice "
    "deputy acting anti non pre post pro half double first second third fourth fifth next other another no not "
    "never without except only over above under below before after since until till by from to between against "
    "more less early mid late nearly almost up - < > ≤ ≥ ±"
)

_NEGATIONS = words(
    "not no never none nobody nothing neither nor without cannot cant dont doesnt didnt isnt arent wasnt werent hasnt "
    "havent hadnt wont wouldnt couldnt shouldnt mustnt aint hardly scarcely unable failed refused denied false falsely"
)
_BOUNDS = forms(
    "> more over above exceeding exceeded exceeds exceed greater larger higher, "
    "< less under below fewer smaller lower, >= least minimum, <= most maximum, before until till pre, after post, "
    "since, early, mid, late, nearly almost"
)
_MEASURES = forms(
    "percent per-cent pct, degrees degree ° deg, km kilometre kilometres kilometer kilometers, "
    "m metre metres meter meters, cm centimetre centimetres centimeter centimeters, "
    "mm millimetre millimetres millimeter millimeters, mile miles mi, foot feet ft, inch inches in, yard yards yd, "
    "kg kilogram kilograms kilo kilos, g gram grams, mg milligram milligrams, tonne tonnes ton tons, "
    "pound pounds lb lbs £, ounce ounces oz, l litre litres liter liters, ml millilitre millilitres milliliter "
    "milliliters, gallon gallons, hectare hectares ha, acre acres, second seconds sec, minute minutes min, "
    "hour hours h, day days, week weeks, month months, decade decades, century centuries, "
    "$ dollar dollars usd us$, € euro euros eur, cent cents, yen ¥, mph, kmh km/h, c celsius, f fahrenheit, "
    "v volt volts, w watt watts, kw kilowatt kilowatts, mw megawatt megawatts, hz hertz, mb megabyte megabytes, "
    "gb gigabyte gigabytes, mbit megabit megabits, gbit gigabit gigabits, "
    "people persons inhabitants, bc bce, ad ce, am, pm"
)
_FRACTIONS = in_order("_ _ half third quarter fifth sixth seventh eighth ninth tenth", 0)
_FRACTIONS |= {"halves": 2} | {f"{name}s": number for name, number in _FRACTIONS.items() if name != "half"}
_ORDINALS = in_order(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth",
    1,
)
_ORDERS = words(
    "first second third fourth fifth sixth seventh eighth ninth tenth last former latter half double twice triple"
)
_DIRECTIONS = words(
    "north south east west northern southern eastern western northeast northwest southeast southwest northeastern "
    "northwestern southeastern southwestern left right"
)
_PRONOUNS = words("he she it they him her them his hers its their theirs this these those")
_OPENERS = words(
    "however moreover additionally furthermore also therefore thus meanwhile finally similarly consequently according "
    "during although though while since despite after before when where what which who whose yes no in on at by for "
    "from with to as if but and or so then there here today later earlier initially originally eventually overall "
    "specifically notably interestingly typically generally usually sometimes often most many some several all both "
    "each every one because unlike like among between under over through throughout following based given i we you my "
    "our your let please sure note answer not never"
)

ENGLISH = Wording(
    language="en",
    articles=words("a an the"),
    loose=_LOOSE,
    titles=_TITLES,
    qualifiers=_QUALIFIERS,
    months=_MONTHS | {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9},
    numbers=_UNITS | _TENS,
    scales={"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    joining=words("and"),
    ordinals=("st", "nd", "rd", "th"),
    signs={"&": "and", "%": "percent"},
    grouping=",",
    negations=_NEGATIONS,
    bounds=_BOUNDS,
    bound_links=words("at than of"),
    alternatives=words("or and"),
    ranging=words("to"),
    units=_MEASURES,
    unit_pairs={"per cent": "percent"},
    fractions=_FRACTIONS,
    ordinal_words=_ORDINALS,
    orders=_ORDERS,
    directions=_DIRECTIONS,
    pronouns=_PRONOUNS,
    openers=_OPENERS | _PRONOUNS,
)
