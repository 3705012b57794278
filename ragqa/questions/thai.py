"""Thai, which has no blanks between words."""

from __future__ import annotations

from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, parts, rules, small

_UNITS = "วินาที|นาที|ชั่วโมง|วัน|คืน|สัปดาห์|อาทิตย์|เดือน|ปี|ทศวรรษ|ศตวรรษ"
_MUCH = "เท่าไร|เท่าไหร่|เท่าใด"

THAI = Asking(
    language="th",
    rules=rules(
        (r"แตกต่างกัน|ต่างกันอย่างไร|ต่างกันยังไง|ความแตกต่างระหว่าง|^เปรียบเทียบ", Kind.COMPARISON),
        (r"บ่อยแค่ไหน|บ่อยเพียงใด|กี่ครั้ง", Kind.FREQUENCY),
        (rf"นาน(?:{_MUCH}|แค่ไหน|เพียงใด)|กี่(?:{_UNITS})", (Kind.DURATION, Kind.NUMBER, Kind.DATE)),
        (rf"กี่บาท|ราคา(?:{_MUCH})", Kind.MONEY),
        (rf"กี่เปอร์เซ็นต์|ร้อยละ(?:{_MUCH})", Kind.PERCENTAGE),
        (rf"วันที่(?:{_MUCH})|(?:ปี|วัน|เดือน|ศตวรรษ|พ\.ศ\.|ค\.ศ\.) ?(?:ใด|ไหน|อะไร)|เวลา(?:ใด|ไหน)|กี่โมง", Kind.DATE),
        (rf"(?:{_MUCH}|กี่)", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"ทำไม|เหตุใด|เพราะอะไร|เพราะเหตุใด|เหตุผล(?:ใด|อะไร)", Kind.REASON),
        (r"ทำอย่างไร|ทำยังไง|^วิธี|มีวิธี", Kind.PROCEDURE),
        (r"หมายถึงอะไร|หมายความว่า|แปลว่าอะไร", Kind.DEFINITION),
        (r"ใคร(?!่)", Kind.PERSON),
        (r"ที่ไหน|ที่ใด|ตรงไหน", Kind.PLACE),
        (r"เมื่อ(?:ไร|ไหร่|ใด)|ตอนไหน", Kind.OCCASION),
        (r"(?:หรือไม่|หรือเปล่า|หรือยัง|ไหม|มั้ย)(?:ครับ|คะ|ค่ะ)?$", Kind.YES_NO),
    ),
    amounts=parts(
        "[๐-๙] ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า สิบ ยี่สิบ ร้อย พัน หมื่น แสน ล้าน ครึ่ง หลาย ทั้งหมด ทุก คู่ เดียว ฟรี ไม่ บาง สัก"
    ),
    periods=parts(f"{_UNITS} ตลอด ชีวิต ชม. รายวัน รายเดือน รายปี โมง ทุ่ม"),
    moments=parts(
        "วัน เดือน ปี ศตวรรษ พ.ศ. ค.ศ. จันทร์ อังคาร พุธ พฤหัส ศุกร์ เสาร์ อาทิตย์ มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน "
        "กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม เช้า เที่ยง บ่าย เย็น ค่ำ คืน ฤดู หน้า สมัย รัชกาล โมง ทุ่ม นาฬิกา น. สงกรานต์ ขึ้น แรม"
    ),
    alternatives=parts("หรือ(?!ไม่|เปล่า|ยัง)"),
    plural=parts("อะไรบ้าง ใครบ้าง ไหนบ้าง ใดบ้าง"),
    marks=small("ที่ ของ และ ใน เป็น อะไร ใคร ไหน ใด กี่ ไร ทำไม อย่างไร ได้ ไม่ มี ให้ จาก คือ ต้อง"),
    blanks=False,
)  # fmt: skip
