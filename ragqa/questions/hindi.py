"""Hindi. Its vowel signs are no letters to Python's patterns, so words are told apart by `one_of`."""

from __future__ import annotations

from ragqa.questions.kinds import Kind
from ragqa.questions.words import LETTERS, Asking, one_of, rules, small, whole_words

_UNITS = "सेकंड|मिनट|घंटे|घंटा|घंटों|दिन|दिनों|रात|सप्ताह|हफ़्ते|हफ्ते|महीने|महीनों|साल|सालों|वर्ष|वर्षों|दशक|सदी|सदियों"
_REST = f"[{LETTERS}]*"
_NO_OTHER = f"(?!.*{one_of(f'कौन किस{_REST} कब कहाँ कहां क्यों कैसे कितन{_REST}')})"

HINDI = Asking(
    language="hi",
    rules=rules(
        (one_of("में_(?:क्या_)?(?:अंतर|फ़र्क|फर्क) के_बीच_(?:का_|क्या_)?(?:अंतर|फ़र्क|फर्क)") + "|^तुलना", Kind.COMPARISON),
        (one_of("कितनी_बार कितने_(?:समय|दिन|दिनों|महीने|महीनों)_(?:में|पर)_एक_बार"), Kind.FREQUENCY),
        (one_of(f"कितने_समय कितना_समय कितनी_देर कितन[ाेी]_(?:{_UNITS}) कितना_वक़्त"),
         (Kind.DURATION, Kind.NUMBER, Kind.DATE)),
        (one_of(f"कितने_(?:रुपये|रुपए|पैसे) (?:कीमत|क़ीमत|दाम|किराया|फीस|फ़ीस|शुल्क)_(?:कितन{_REST}|क्या)"),
         Kind.MONEY),
        (one_of("कितने_प्रतिशत कितना_प्रतिशत"), Kind.PERCENTAGE),
        (one_of("कितने_बजे किस_(?:साल|वर्ष|सन|दिन|महीने|तारीख|तारीख़|सदी) किन_महीनों"), Kind.DATE),
        (one_of("कितन[ाेी]"), (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (one_of("क्यों किस_(?:कारण|वजह)"), Kind.REASON),
        (one_of("कैसे_(?:करें|करूँ|करते|किया_जाता|कर_सकते|काम_करता|काम_करती)"), Kind.PROCEDURE),
        (one_of("(?:मतलब|अर्थ)_क्या क्या_(?:मतलब|अर्थ)"), Kind.DEFINITION),
        (one_of("(?:फ़ोन|फोन|फ़ैक्स|फैक्स|मोबाइल)_नंबर_क्या"), Kind.PHONE),
        (f"{one_of('कौन')}(?![ -]?(?:सा|सी|से|-))|{one_of('किसने')}", Kind.PERSON),
        (one_of("कहाँ कहां किस_जगह"), Kind.PLACE),
        (one_of("कब"), Kind.OCCASION),
        (f"^क्या {_NO_OTHER}.*{one_of('है हैं था थी थे सकता सकती सकते होगा होगी चाहिए')}$", Kind.YES_NO),
    ),
    amounts=whole_words(
        f"एक दो तीन चार पाँच पांच छह छः छे सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह पन्द्रह सोलह सत्रह अठारह अट्ठारह "
        f"उन्नीस बीस "
        f"{_REST}ईस {_REST}तीस {_REST}लीस {_REST}वन {_REST}चास {_REST}साठ {_REST}सठ {_REST}त्तर {_REST}हत्तर "
        f"{_REST}स्सी {_REST}सी नब्बे {_REST}नवे "
        f"सौ {_REST}सौ हज़ार हजार लाख करोड़ अरब आध[ाेी] डेढ़ ढाई तिहाई चौथाई कई कुछ सभी सब दोनों तीनों चारों पाँचों "
        f"कोई दर्जन{_REST} हज़ारों "
        f"सैकड़ों लाखों दोगुन{_REST} मुफ़्त मुफ्त निःशुल्क पूर{_REST}"
    ),
    periods=whole_words(f"{_UNITS} जीवन{_REST} उम्र{_REST} हमेशा"),
    moments=whole_words(
        f"सोमवार मंगलवार बुधवार गुरुवार बृहस्पतिवार शुक्रवार शनिवार रविवार इतवार आज कल सुबह दोपहर शाम रात सवेरे तड़के "
        f"वसंत गर्मी{_REST} "
        f"बारिश बरसात सर्दी{_REST} होली दिवाली दीपावली दूज सदी शताब्दी साल वर्ष सन दिन महीन{_REST} जनवरी फ़रवरी फरवरी "
        f"मार्च अप्रैल मई जून जुलाई "
        f"अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर नवंबर नवम्बर दिसंबर दिसम्बर बजे"
    ),
    alternatives=whole_words("या"),
    plural=whole_words("कौन-कौन किन-किन क्या-क्या"),
    marks=small(
        "का के की को से में पर ने है हैं था थी थे और क्या कौन किस किसने किसे किसके कब कहाँ कहां क्यों कैसे कितना "
        "कितने कितनी "
        "यह वह इस उस लिए तक नहीं हो होता"
    ),
)  # fmt: skip
