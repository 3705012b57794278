"""English."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Stating, contraries, named, replacing
from ragqa.questions.words import Asking, rules, small, whole_words
from ragqa.wording.words import words

_PERIOD = (
    "(?:nano|micro|milli)?seconds? secs? minutes? mins? hours? hrs? days? nights? weeks? weekends? fortnights? months? "
    "years? yrs? decades? centur(?:y|ies) millenni(?:um|a) generations? terms? semesters? quarters? seasons? ms"
)
_UNITS = _PERIOD.replace(" ", "|")
_MEASURES = (
    "height|depth|length|width|weight|mass|size|speed|rate|temperature|distance|area|volume|elevation|altitude|"
    "diameter|thickness|capacity|population|age|limit|maximum|minimum|frequency|density|voltage|pressure|dose|dosage|wavelength"
)
_COSTS = "price|cost|fee|fare|salary|budget|fine|charge|tax|revenue|income|profit|wage|rent|deposit|premium"
_CODES = (
    "(?:account|user|customer|client|project|device|group|process) id|identifier|post ?code|zip code|iban|isbn|"
    "(?:serial|account|cve|reference|registration|vat|licen[cs]e|extension|room|part|model) number"
)
_PATHS = (
    r"(?:file|full|absolute|relative|default|config(?:uration)?|log|data|install(?:ation)?|socket|directory) paths?|"
    r"path (?:of|to|for) (?:the |an? )?(?:\w+ ){0,2}(?:files?|folder|directory|logs?|binary|executable|socket|library|"
    r"config(?:uration)?|scripts?|certificates?)"
)
_NAMING = (
    "called|named|titled|spelled|abbreviated|pronounced|labelled|labeled|related|located|situated|"
    "shaped|spaced|arranged|described|classified|regarded|viewed|considered"
)
_DONE = (
    rf"(?!(?:{_NAMING})\b)"
    r"(?:\w+ed|done|made|built|paid|set|chosen|drawn|cut|kept|held|put|run|sent|taken|written)\b"
)
_DOINGS = (
    "install|uninstall|configure|enable|disable|create|delete|remove|upgrade|connect|restart|restore|deploy|compile|cancel|"
    "renew|replace|repair|register|reset|clean|set up|turn (?:on|off)|log (?:in|out)"
)
_JUDGED = "allowed|permitted|forbidden|prohibited|banned|legal|illegal|mandatory|compulsory|possible"
_NOT_LIMITS = r"(?!(?:max|maximum|min|minimum|number|what|things|all|list)\b)"
_PLEASE = r"(?:please )?(?:(?:can|could|will|would) you (?:please )?)?"
_IS = r"(?:what|which)(?:'s| is| are| was| were)(?: the| an?| its| their| his| her| my| our| your)?"
_WHAT = r"(?:what|which)"
_TIME = "year|month|day|date|decade|century|weekday|deadline"

_VERBS = (
    "owns|starts|happens|controls|enables|disables|sets|runs|makes|gives|takes|holds|shows|prints|returns|creates|removes|"
    "deletes|stops|handles|causes|means|contains|includes|requires|needs|uses|allows|supports|provides|produces|builds|"
    "serves|leads|manages|defines|describes|determines|specifies|says|becomes|belongs|applies|refers|comes|goes|keeps|"
    "lists|tells|opens|closes|begins|ends|lies|lives|stands|connects|prevents|protects|sends|reads|writes|loads|saves"
)
_NO_NOUN = rf"(?:does|was|has|is|the|an?|{_VERBS})\b"  # what stands behind the thing that is asked for
_OF_VERBS = "the|an?|if|when|it|its|this|that|his|her|their|your|my|our|no|any|each|every|because|whether|into|onto"
_PASTS = (
    "begin: began, bring: brought, build: built, burn: burnt, buy: bought, catch: caught, come: came, cost: cost, "
    "draw: drew, drive: drove, eat: ate, fall: fell, feed: fed, fight: fought, find: found, fly: flew, get: got, "
    "give: gave, go: went, grow: grew, hold: held, keep: kept, know: knew, lead: led, leave: left, lend: lent, "
    "lose: lost, make: made, meet: met, pay: paid, rise: rose, run: ran, say: said, see: saw, sell: sold, send: sent, "
    "sing: sang, sink: sank, speak: spoke, spend: spent, stand: stood, steal: stole, swim: swam, take: took, "
    "teach: taught, tell: told, think: thought, understand: understood, wear: wore, win: won, write: wrote"
)
_STATING = Stating(
    helpers=named(
        "be: is are am, was: was were, base: be, been: been, being: being, do: do does, did: did, have: have has, "
        "had: had, can: can may, must: must shall, need: need, should: should ought, will: will, would: would, "
        "could: could, might: might, be!: isnt arent aint, was!: wasnt werent, do!: dont doesnt, did!: didnt, "
        "have!: hasnt havent, had!: hadnt, can!: cannot cant, must!: mustnt shant, need!: neednt, should!: shouldnt, "
        "will!: wont, would!: wouldnt, could!: couldnt"
    ),
    denials=words("not no never"),
    places=("behind",),
    bare=words("no"),
    adverbs=words("never"),
    hedges=words(
        "if unless whether who whom whose that until till before after once when whenever while although though "
        "despite except excepting excluding but only just merely solely mostly mainly partly partially largely "
        "almost nearly hardly scarcely barely rarely seldom sometimes often usually normally generally typically "
        "occasionally probably possibly perhaps maybe likely unlikely apparently allegedly reportedly supposedly "
        "claimed claims claim said says say believed believes thought suggested suggests proposed planned plans "
        "expected intended supposed rumoured could might would should ought than more less fewer least most some "
        "several few many half or nor neither either yet provided providing otherwise instead without about "
        "approximately around roughly false wrong untrue myth denied denies try tried attempted failed necessarily "
        "former formerly"
    ),
    pointing=words("it its he she they them him her his their this that these those"),
    fillers=words("also too already now currently indeed however therefore thus furthermore moreover"),
    wholes=words("all always every fully any both completely"),
    same=contraries(
        "allowed permitted ! forbidden prohibited banned disallowed, open opened ! closed shut, enabled ! disabled, "
        "required mandatory compulsory obligatory ! optional, possible ! impossible, supported ! unsupported, "
        "available ! unavailable, valid ! invalid, legal ! illegal, included ! excluded, safe ! unsafe"
    ),
    persons=words("i you we"),
    adds=words("and"),
    follows=words("which where because so"),
    beside=words("in on at by near from"),
    pasts={past: verb for verb, past in (pair.split(": ") for pair in _PASTS.split(", "))},
    carried={"do": "present", "did": "past"},
    past=words("was did had"),
    present=words("be"),
    yes=words("yes"),
    no=words("no"),
    answering={"must>need!": False, "can>must!": False},
    asking=replacing((r"\b(is|are|am) (.{1,60}?) (?:allowed|permitted|able) to\b", r"can \2"),
                     (r"\b(?:do|does) (.{1,60}?) (?:have|need) to\b", r"must \1"),
                     (r"\b(?:is|are) (.{1,60}?) (?:required|obliged) to\b", r"must \1")),
    saying=replacing((r"\bno longer\b", "never"), (r"\b(?:do|does) not (?:have|need) to\b", "neednt"),
                     (r"\b(?:do|does)n['’]t (?:have|need) to\b|\bneed not\b", "neednt"),
                     (r"\b(?:is|are) not (?:required|obliged) to\b", "neednt"),
                     (r"\b(?:is|are)( not)? (?:allowed|permitted|able) to\b", r"can\1"),
                     (r"\b(?:have|has|need|needs|is required|are required|is obliged|are obliged) to\b", "must")),
)  # fmt: skip

ENGLISH = Asking(
    language="en",
    rules=rules(
        (r"\b(?:difference|differences|distinction) between\b|\bdiffers? from\b|^how (?:do|does|did) .{1,160}\bdiffer$"
         r"|^compare\b|\bcompared? (?:to|with)\b|\bvs\.?(?!\w)|\bversus\b|^(?:the )?differences? \w", Kind.COMPARISON),
        (r"\bhow (?:long|much (?:longer|time))\b", (Kind.DURATION, Kind.QUANTITY)),
        (rf"\bhow many (?:more |full |business |working |calendar |consecutive )*(?:{_UNITS})\b",
         (Kind.DURATION, Kind.NUMBER)),
        (r"\bhow many times (?:a|an|per|each|every)\b|\bhow (?:often|frequently|regularly)\b", Kind.FREQUENCY),
        (r"\bhow many\b", Kind.NUMBER),
        (r"^what (?:does|do|did|will|would) .{1,80}\bcost\b", Kind.MONEY),
        (r"\bhow much (?:money|does it cost|did it cost)\b|\bhow (?:expensive|costly)\b", Kind.MONEY),
        (r"\bhow much\b", (Kind.MONEY, Kind.QUANTITY, Kind.PERCENTAGE)),
        (r"\bhow (?:old|tall|high|far|deep|wide|heavy|fast|hot|cold|thick)\b", Kind.QUANTITY),
        (r"\bhow (?:soon|quickly|late|early)\b|\buntil when\b|\bsince when\b|\bby when\b", Kind.OCCASION),
        (rf"\b{_WHAT} percent(?:age)?\b|\b{_WHAT} (?:proportion|fraction|share) of\b"
         rf"|\b{_IS} (?:\w+ )?percent(?:age)?\b", Kind.PERCENTAGE),
        (rf"\b{_WHAT} (?:{_TIME})\b(?! of the)|\b{_IS} (?:\w+ )?(?:date|deadline)\b"
         rf"|\b{_WHAT} time (?:is|are|was|were|do|does|did|can|must|should|will|may)\b", Kind.DATE),
        (rf"\b{_IS} (?:\w+ ){{0,2}}(?:{_COSTS})s?(?: of| for| to|$)", (Kind.MONEY, Kind.PERCENTAGE)),
        (rf"\b{_IS} (?:\w+ ){{0,2}}ip(?:v[46])? address\b|\b{_WHAT} ip(?:v[46])? address\b", Kind.IP),
        (rf"\b(?:{_IS}|{_WHAT}) (?:\w+ )?(?:{_PATHS})\b", Kind.PATH),
        (rf"\b{_IS} (?:\w+ )?(?:url|web address)\b|\b{_WHAT} (?:url|web address)\b", Kind.LINK),
        (rf"\b{_IS} (?:\w+ ){{0,2}}e-?mail(?: address)?\b|\b{_WHAT} e-?mail address\b", Kind.MAIL),
        (rf"\b(?:{_IS}|{_WHAT}) (?:\w+ ){{0,2}}(?:phone|fax|telephone) number\b", Kind.PHONE),
        (rf"\b{_WHAT} (?:tcp |udp )?port(?: number)? (?:is|are|does|do|should|must|will)\b|\bport number\b"
         r"|\b(?:default|tcp|udp|listen(?:ing)?|server) port\b", Kind.PORT),
        (rf"\b{_WHAT} (?:\w+ )?versions? (?:of [\w.+-]+ )?(?:is|are|does|do|was|were|should|must|added|introduced|"
         r"needs?|requires?|supports?)\b"
         r"|\b(?:minimum|minimal|required|latest|current|oldest|newest) (?:\w+ )?version\b", Kind.VERSION),
        (rf"\b(?:{_IS}|{_WHAT}) (?:\w+ ){{0,3}}(?:{_CODES})\b", Kind.CODE),
        (rf"\b{_IS} (?:street|postal|mailing|physical|full|office) address\b", Kind.ADDRESS),
        (rf"\b{_IS} (?:\w+ ){{0,2}}(?:duration|time ?out|notice period)\b", Kind.DURATION),
        (rf"\b{_IS} (?:\w+ )?(?:number|amount|quantity) of\b", (Kind.NUMBER, Kind.QUANTITY)),
        (rf"\b{_IS} (?:\w+ )?(?:{_MEASURES})(?: of| for|$)", (Kind.QUANTITY, Kind.DURATION, Kind.MONEY)),
        (r"\b(?:at|by|from|until|under|over) what age\b", Kind.QUANTITY),
        (r"\bwhy\b|\bhow come\b|\b(?:what|which)(?: is| was| are| were)?(?: the)? reasons?\b|^what caus(?:es|ed)\b",
         Kind.REASON),
        (r"\bhow (?:do|can|could|should|may|might|would|shall|must) (?:i|you|we|one|users?|someone|people|they|anyone)"
         rf"\b|^how to\b|^how (?:is|are) (?:the |an? )?\w.*\b{_DONE}$|^how (?:can|could|should|may|must) \w.*\bbe "
         rf"{_DONE}"
         r"|^how (?:do|does|did) (?:[\w'-]+ ){1,5}(?:work|function|operate)$|\bwhat (?:are the )?steps\b",
         Kind.PROCEDURE),
        (r"^(?:what does|what do|what did) .{1,60}\b(?:mean|stand for)\b|^define\b|\b(?:meaning|definition) of\b"
         r"|^what is meant by\b|^what(?:'s| is) an? [\w-]+(?: [\w-]+)?$|^(?:describe|explain)\b"
         r"|^what(?:'s| is| are) (?!(?:it|this|that|these|those|they|he|she|there|\w+ing)$)[\w-]+$", Kind.DEFINITION),
        (r"^(?:list|enumerate)\b|^name (?:all|the|some|two|three|four|five|every)\b"
         r"|^(?:give|show|tell|get|find)(?: me)? (?:all|every)\b", Kind.LIST),
        (r"\bwhen\b", Kind.OCCASION),
        (r"\bwho(?:m|'s)?\b|\bwhose\b", Kind.PERSON),
        (r"\bwhere\b", Kind.PLACE),
        (r"^(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|isn't|aren't|"
         r"doesn't|don't|can't)\b", Kind.YES_NO),
    ),
    interrogatives=whole_words(
        "who whom whose what which when where why how does do did is are was were can many much"
    ),
    heads=rules(
        (r"\b(?:url|web address)\b", Kind.LINK),
        (r"\bip(?:v[46])? address\b", Kind.IP),
        (rf"\b(?:{_PATHS})\b", Kind.PATH),
        (r"\be-?mail(?: address)?\b", Kind.MAIL),
        (r"\b(?:phone|fax|telephone) number\b", Kind.PHONE),
        (r"\bport(?: number)?\b", Kind.PORT),
        (r"\bversion\b", Kind.VERSION),
        (r"\b(?:duration|timeout|lifetime|notice period|how long)\b", Kind.DURATION),
        (r"\b(?:date|deadline|year)\b", Kind.DATE),
        (r"\bpercent(?:age)?\b", Kind.PERCENTAGE),
        (rf"\b(?:{_COSTS})\b", (Kind.MONEY, Kind.PERCENTAGE)),
        (r"\bnumber of\b", (Kind.NUMBER, Kind.QUANTITY)),
        (rf"\b(?:{_MEASURES})\b", (Kind.QUANTITY, Kind.DURATION, Kind.MONEY, Kind.VERSION)),
    ),
    amounts=whole_words(
        "half third quarter quarters thirds fifth fifths tenth tenths several few none no all both many most dozens? "
        "hundreds? thousands? millions? billions? once twice thrice double triple single couple pair majority "
        "minority nearly unlimited infinite any every each zero never always"
    ),
    periods=whole_words(_PERIOD + " daily weekly monthly yearly annually hourly overnight indefinite(?:ly)? forever "
                        "permanent(?:ly)? life lifetime lifelong ages"),
    moments=whole_words(
        "mon(?:day)?s? tue(?:s(?:day)?)?s? wed(?:nesday)?s? thu(?:rs(?:day)?)?s? fri(?:day)?s? sat(?:urday)?s? "
        "sun(?:day)?s? today tomorrow yesterday noon midnight midday dawn dusk sunrise sunset morning afternoon "
        "evening night spring summer autumn fall winter easter christmas century centuries decades? years? months? "
        "weeks? days? eve daily annually"
    ),
    alternatives=whole_words("or"),
    question="what {}?",
    forms=(
        (re.compile(rf"^(?:{_DOINGS})\b(?! (?:of|for|by|on|at)\b)"), "how to {}?"),
        (re.compile(rf"^(?:{_NOT_LIMITS}\w+ ){{0,2}}{_NOT_LIMITS}\w+[^\Ws] (?:{_JUDGED})\b(?! per\b)"), "is {}?"),
        (re.compile(rf"^(?:{_NOT_LIMITS}\w+ ){{0,2}}{_NOT_LIMITS}\w+s (?:{_JUDGED})\b(?! per\b)"), "are {}?"),
    ),
    polite=replacing(
        (rf"^{_PLEASE}(?:tell|give|show) me (?=(?:the|its|his|her|their|your|our|my|an?)\b)(?!the (?:names|list)\b)",
         "what is "),
        (rf"^{_PLEASE}tell me (?=(?:who|whom|whose|what|which|when|where|why|how)\b)", ""),
    ),
    plural=re.compile(
        rf"^(?:\w+ )?(?:which|what) (?:(?!{_NO_NOUN})\w+ ){{0,2}}?(?!{_NO_NOUN})"
        rf"(?:\w{{2,}}[^\Wsiu]s|people|children|women|men|criteria)\b(?! (?:{_OF_VERBS})\b)|^(?:which|what|who) "
        rf"(?:are|were)\b"
    ),
    stating=_STATING,
    comparing=comparing(
        (
            r"^(?:which|what|who)(?: \w+)? (?:is|was|are|were) (?:the )?(?P<by>\w+)[,:]? (?P<one>[^,]{1,80}?),? or "
            r"(?P<other>[^,]{1,80})$",
            r"^(?:is|was|are|were) (?P<one>.{1,80}?) (?:more |less )?(?P<by>\w+) than (?P<other>.{1,80})$",
            r"^how (?:do|does|did) (?P<one>.{1,80}?) differ from (?P<other>.{1,80})$",
            r"^how (?:do|does|did) (?P<one>.{1,80}?) and (?P<other>.{1,80}?) differ$",
            r"^(?:the )?differences? (?P<one>(?!between\b|in\b|of\b)[\w.-]+) (?:and |or )?(?P<other>[\w.-]+)$",
            r"\b(?:differences?|distinction) between (?P<one>.{1,80}?) and (?P<other>.{1,80})$",
            r"^compare (?P<one>.{1,80}?) (?:and|to|with) (?P<other>.{1,80})$",
            r"^(?:what is )?(?P<one>.{1,80}?) (?:vs\.?|versus) (?P<other>.{1,80})$",
        ),
        "What is {}?",
        "How old is {}?: older younger, How large is {}?: larger bigger smaller, How tall is {}?: taller shorter, "
        "How long is {}?: longer, How high is {}?: higher lower, How deep is {}?: deeper, "
        "How wide is {}?: wider narrower, How heavy is {}?: heavier lighter, How fast is {}?: faster slower, "
        "How much does {} cost?: cheaper costlier dearer expensive",
    ),
    leaning=whole_words(
        "it its this these those that they their them he his him she her such however therefore thus hence also "
        "moreover furthermore otherwise instead then consequently additionally nevertheless but and so"
    ),
    marks=small(
        "the of is are were does did what which who whom whose how when where why from by with and its it there that "
        "this these "
        "those could would should been have be at their my your an any if tell give list name"
    ),
    named=True,
)  # fmt: skip
