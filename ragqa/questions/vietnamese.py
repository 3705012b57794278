"""Vietnamese. Blanks part syllables."""

from __future__ import annotations

import re

from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_UNITS = "giây|phút|giờ|tiếng|ngày|đêm|tuần|tháng|năm|thập kỷ|thế kỷ|quý"
_NO_OTHER = r"(?!.*\b(?:ai|gì|nào|đâu|sao|bao|mấy)\b)"

VIETNAMESE = Asking(
    language="vi",
    rules=rules(
        (r"\bkhác (?:nhau|biệt)\b|^so sánh\b|\bkhác gì\b", Kind.COMPARISON),
        (r"\bbao lâu (?:một|1) lần\b|\bmấy lần\b|\bbao nhiêu lần\b|\bthường xuyên (?:thế nào|ra sao)\b",
         Kind.FREQUENCY),
        (rf"\bbao lâu\b|\b(?:bao nhiêu|mấy) (?:{_UNITS})\b", (Kind.DURATION, Kind.NUMBER, Kind.DATE)),
        (r"\bbao nhiêu tiền\b|\bgiá (?:là )?bao nhiêu\b|\bmấy tiền\b|\bmấy đồng\b", Kind.MONEY),
        (r"\bbao nhiêu phần trăm\b", Kind.PERCENTAGE),
        (r"\b(?:ngày|tháng|năm|thế kỷ|hôm|thứ) (?:bao nhiêu|nào|mấy)\b|\bmấy giờ\b", Kind.DATE),
        (r"\bbao nhiêu\b|\bmấy\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"\b(?:tại|vì) sao\b|\blý do (?:gì|nào|là gì)\b|\bvì lý do\b|\bnguyên nhân (?:gì|nào|là gì)\b", Kind.REASON),
        (r"\blàm (?:thế nào|sao|cách nào) để\b|^(?:cách|hướng dẫn) \w", Kind.PROCEDURE),
        (r"\bnghĩa là gì\b|\bý nghĩa gì\b|\bcó nghĩa gì\b|\blà gì\b(?=.*\bđịnh nghĩa\b)|^định nghĩa\b",
         Kind.DEFINITION),
        (r"^(?:kể|liệt kê|nêu) (?:tên|các|những|ra)\b|^liệt kê\b", Kind.LIST),
        (r"\bsố (?:điện thoại|fax|máy fax)\b.*\b(?:là gì|bao nhiêu|số nào)$|^số (?:điện thoại|fax)\b", Kind.PHONE),
        (r"(?<!\w)ai(?!\w)", Kind.PERSON),
        (r"\b(?:ở|tại|đi|đến) đâu\b|\bnơi nào\b|\bchỗ nào\b", Kind.PLACE),
        (r"\b(?:khi|lúc) nào\b|\bbao giờ\b", Kind.OCCASION),
        (rf"^{_NO_OTHER}.*\b(?:có|được|phải)\b.*\bkhông$", Kind.YES_NO),
    ),
    amounts=whole_words(
        "một mốt hai ba bốn tư năm lăm sáu bảy bẩy tám chín mười mươi chục trăm nghìn ngàn vạn triệu tỷ tỉ nửa rưỡi "
        "vài mấy nhiều "
        "mọi cả các những đôi không miễn_phí"
    ),
    periods=whole_words("giây phút giờ tiếng ngày đêm tuần tháng năm thập_kỷ thế_kỷ quý đời mãi hạn"),
    moments=whole_words(
        "thứ chủ_nhật hôm mai sáng trưa chiều tối đêm khuya xuân hạ hè thu đông tết lễ thế_kỷ năm tháng ngày giờ mùa "
        "mùng rằm "
        "giêng chạp đời thời"
    ),
    alternatives=whole_words("hay hoặc"),
    plural=re.compile(r"\bnhững (?:\w+ ){1,3}(?:nào|gì)\b"),
    marks=small(
        "là của và có không được cho ai gì nào đâu sao bao nhiêu mấy khi ở tại vì thế với để từ đến trong này đó "
        "người những "
        "các một phải bị"
    ),
)  # fmt: skip
