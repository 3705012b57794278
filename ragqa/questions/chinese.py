"""Chinese, in simplified and traditional characters."""

from __future__ import annotations

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Stating, replacing
from ragqa.questions.words import Asking, parts, rules, small
from ragqa.wording.words import words

_PERIOD = "秒 分钟 分鐘 小时 小時 钟头 天 日 周 週 星期 礼拜 月 年 世纪 世紀 季度"
_UNITS = _PERIOD.replace(" ", "|")

_VERBS = (
    "是 在 有 能 可 会 會 要 需 必须 必須 应 應 允许 允許 准 開放 开放 "
    "支持 包括 包含 提供 收费 收費 使用 适用 適用 属于 屬於 营业 營業"
)
_STATING = Stating(
    helpers={word: word for word in _VERBS.split()},
    denials=words("不 没 沒 未 无 無 非 否"),
    places=("before",),
    hedges=words(
        "如果 若 假如 要是 除 只 仅 僅 但 不过 不過 然而 却 卻 虽 雖 可能 也许 也許 大概 或 之前 以前 之后 之後 以后 "
        "以後 直到 的时候 的時候 时才 時才 部分 有些 某些 大多 多数 多數 几乎 幾乎 有时 有時 通常 一般 往往 据 據 "
        "声称 聲稱 认为 認為 计划 計劃 预计 預計 应该 應該 尚 还 還 约 約 左右 以上 以下 至少 最多 不仅 不僅 不但 "
        "不只 并非 並非"
    ),
    pointing=words("它 他 她 这个 那个"),
    fillers=words("也 并 並 均"),
    wholes=words("都 全 皆"),
    follows=words("因 所 而 也 并 並"),
    adds=frozenset(),
    past=frozenset(),
    spaceless=True,
    asking=replacing((r"[吗嗎么麼]\s*$", ""), (r"是否", ""), (r"(\w)[不没沒]\1", r"\1")),
)  # fmt: skip

# a question without another word that asks, up to its end
_ALONE = r"^(?!.*(?:谁|誰|哪|吗|嗎|怎|如何|为什么|為什麼|为何|為何|时候|時候|何时|何時|[几幾](?!号|號|$)|多久)).*"
_WHAT = r"(?:是|为|為)?(?:多少|什么|什麼|几号|幾號|几|幾)?$"

CHINESE = Asking(
    language="zh",
    rules=rules(
        (r"(?:区别|區別|差别|差別|差异|差異|不同)(?:是什么|是什麼|在哪|何在)?[？?]?$|比较|比較", Kind.COMPARISON),
        (_ALONE + r"(?:传真|傳真|电话|電話|手机|手機)(?:号码|號碼|号|號)?" + _WHAT, Kind.PHONE),
        (_ALONE + r"(?:邮箱|郵箱|电子邮件|電子郵件|电邮|電郵)(?:地址)?" + _WHAT, Kind.MAIL),
        (_ALONE + r"(?:邮编|郵編|邮政编码|郵遞區號|账号|帳號|编号|編號)" + _WHAT, Kind.CODE),
        (_ALONE + r"端口(?:号|號)?" + _WHAT + "|(?:哪个|哪個|什么|什麼)端口", Kind.PORT),
        (rf"多久|多长时间|多長時間|(?:几|幾|多少)(?:个|個)?(?:{_UNITS})(?!号|號)",
         (Kind.DURATION, Kind.NUMBER, Kind.DATE)),
        (r"多少钱|多少錢|(?:价格|價格|费用|費用|工资|工資|票价|票價)(?:是|为|為)?(?:多少|几|幾)", Kind.MONEY),
        (r"百分之(?:几|幾|多少)|(?:比例|百分比|占比)(?:是|为|為)?多少", Kind.PERCENTAGE),
        (r"多少|(?:几|幾)(?:个|個|名|位|次|种|種|座|所|条|條|人|本|部|家|项|項|层|層|岁|歲)|"
         r"多(?:高|长|長|大|远|遠|深|宽|寬|重|快)", (Kind.NUMBER, Kind.QUANTITY, Kind.PERCENTAGE, Kind.MONEY)),
        (r"哪(?:一)?(?:年|月|天|日)|何年|何月|何日|(?:几|幾)(?:月|号|號|点|點)|(?:日期|年份)是", Kind.DATE),
        (r"什么时候|什麼時候|何时|何時|什么时间|什麼時間|哪个时期|哪個時期", Kind.OCCASION),
        (r"为什么|為什麼|为何|為何|什么原因|什麼原因|原因是", Kind.REASON),
        (r"(?:怎么|怎麼|怎样|怎樣|如何)(?!样|樣)", Kind.PROCEDURE),
        (r"^(?:请问|請問)?(?:什么|什麼)是"
         r"|是什么意思|是什麼意思|什么叫|什麼叫|的定义|的定義|指的是什么|指的是什麼", Kind.DEFINITION),
        (r"谁|誰|何人|哪位|什么人|什麼人", Kind.PERSON),
        (r"哪里|哪裡|哪儿|何处|何處|什么地方|什麼地方|何地|在哪", Kind.PLACE),
        (r"(?:哪些|有哪几|有哪幾)", Kind.LIST),
        (r"[吗嗎][？?]?$|是否|是不是|有没有|有沒有|能不能|可不可以", Kind.YES_NO),
    ),
    amounts=parts("[零〇一二三四五六七八九十百千万萬亿億两兩半几幾数數]+ 全部 所有 多数 多數 少数 少數"),
    periods=parts(_PERIOD),
    moments=parts("年 月 日 号 號 世纪 世紀 年代 时期 時期 春 夏 秋 冬 朝 点 點 星期 期间 期間 [前后後]"),
    alternatives=parts("还是 還是"),
    leaning=parts("它 其 这 這 他 她 该 該 此 因此 所以 但 然而 另外 此外 同时 同時"),
    plural=parts("哪些 哪几 哪幾"),
    stating=_STATING,
    comparing=comparing(
        (r"(?P<one>.{1,40}?)(?:和|与|與|跟)(?P<other>.{1,40}?)(?:之间|之間)?(?:有什么|有什麼|有何|的)(?:区别|區別|差别|差別|差异|差異|不同)",
         r"^(?:请|請)?比较(?:一下)?(?P<one>.{1,40}?)(?:和|与|與|跟)(?P<other>.{1,40})$"), "什么是{}？"),
    marks=small(
        "的 是 在 有 什么 什麼 谁 誰 哪 几 幾 多少 怎 如何 吗 嗎 为何 為何 何时 何時 多久 了 和 与 與 这 這"
    ),
    blanks=False,
)  # fmt: skip
