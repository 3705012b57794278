"""Chinese. Its words have no blanks between them: in an answer only a number that is all of it is known as one, in a
sentence numbers are set apart first (`ragqa.evidence.unspaced`).
"""

from __future__ import annotations

from ragqa.wording.words import Wording, forms, words

_DIGITS = "零一二三四五六七八九"


def _numerals() -> dict[str, int]:
    """All below 100, as they are read: 三, 十二, 四十, 五十六."""
    found = {digit: number for number, digit in enumerate(_DIGITS)} | {"〇": 0, "两": 2, "兩": 2}
    for tens in range(1, 10):
        head = ("" if tens == 1 else _DIGITS[tens]) + "十"
        found[head] = 10 * tens
        found |= {head + _DIGITS[unit]: 10 * tens + unit for unit in range(1, 10)}
    return found


_NEGATIONS = words(
    "不 没 沒 未 无 無 非 勿 不是 不会 不會 不能 不可 不可以 不得 不再 不曾 并不 並不 并非 並非 没有 沒有 尚未 "
    "从未 從未 未能 "
    "未曾 无法 無法 禁止 拒绝 拒絕 从不 從不 绝不 絕不 并未 並未 并没有 並沒有 不应 不應 不应该 不應該 无需 "
    "無需 不必 不用"
)
_BOUNDS = forms(
    "> 超过 超過 多于 多於 大于 大於 高于 高於 逾, < 少于 少於 低于 低於 小于 小於 不足 不到 未满 未滿 不满 不滿, "
    ">= 至少 最少 不少于 不少於 不低于 不低於 起码 起碼, <= 至多 最多 不超过 不超過 不多于 不多於 不高于 不高於 "
    "不大于 不大於, "
    "- 零下, bc 公元前 西元前, nearly 近 将近 將近 接近, 第 第"
)
_BOUNDS_BEHIND = forms(
    "> 多 余 餘 幾 几 以上, < 以下 以内 以內 之内 之內, before 以前 之前, after 以后 以後 之后 之後, since 以来 以來 起"
)
_MEASURES = forms(
    "km 公里 千米, m 米 公尺, cm 厘米 公分, mm 毫米, kg 公斤 千克, g 克, mg 毫克, tonne 吨 噸, 斤 斤, l 升 "
    "公升, ml 毫升, "
    "km² 平方公里 平方千米, m² 平方米 平方公尺, ha 公顷 公頃, 亩 亩 畝, ° 度 摄氏度 攝氏度 ℃, % % ％, "
    "元 元 块 塊 人民币 人民幣, $ 美元 美金, € 欧元 歐元, ¥ 日元 日圆 日圓, 港元 港元 港币 港幣, "
    "年 年 周年, 岁 岁 歲, 月 个月 個月, 周 周 週 星期 个星期 個星期, 日 日 天 号 號, 小时 小時 个小时 個小時 "
    "钟头 鐘頭, "
    "点 点 點 点钟 點鐘 时 時, 分 分钟 分鐘, 秒 秒 秒钟 秒鐘, 世纪 世纪 世紀 个世纪 個世紀, 年代 年代, "
    "人 人 名 位 口, 次 次, 倍 倍, 层 层 層, 页 页 頁, 章 章, 节 节 節, 卷 卷, 集 集, 届 届 屆, 台 台 臺 部, 辆 "
    "辆 輛, "
    "艘 艘, 架 架, 座 座, 栋 栋 棟, 间 间 間, 家 家, 所 所, 本 本, 册 册 冊, 篇 篇, 首 首, 张 张 張, 条 条 條, "
    "件 件, "
    "项 项 項, 场 场 場, 种 种 種, 类 类 類, 级 级 級, 户 户 戶, 字 字, 款 款, 枚 枚, 颗 颗 顆, 支 支, 双 双 "
    "雙, 对 对 對, "
    "套 套, 组 组 組, 队 队 隊, 班 班, 股 股, 票 票, 瓦 瓦, kw 千瓦, mw 兆瓦, v 伏 伏特, w 瓦特"
) | {"个": "", "個": ""}
_KEPT = words(
    "不同 不仅 不僅 不但 不断 不斷 不锈 不鏽 不久 不少 不管 不论 不論 不过 不過 不料 不禁 不丹 不列颠 不列顛 "
    "不良 不动产 "
    "不動產 不等 不如 不安 不幸 不便 未来 未來 未必 未婚 沉没 沉沒 淹没 淹沒 没收 沒收 没落 沒落 出没 出沒 埋没 "
    "埋沒 非洲 非常 "
    "除非 是非 南非 北非 东非 東非 西非 中非 无锡 無錫 无线 無線 无论 無論 无数 無數 无限 無限 无疑 無疑 其他 "
    "其它 其余 其餘 其中 其实 其實 尤其 "
    "极其 極其 吉他 他国 他國 他人 应该 應該 本该 本該 因此 从此 從此 此外 万一 萬一 百度 一度 一时 一時 "
    "一元 三角 四川 一点 一點"
)
_FILLERS = words(
    "的 了 是 为 為 由 被 和 与 與 及 以及 也 都 而 之 所 已 已经 已經 曾 曾经 曾經 会 會 能 可 可以 将 將 把 "
    "就 则 則 共 共有 "
    "总共 總共 一共 位于 位於 有 着 著 地 得 在 于 於 并 並 且 则为 則為 即 其 该 該 此 这 這 那 里 裡 裏 上 中 "
    "时 時 从 從 到 至 "
    "对 對 等 呢 吗 嗎 吧 啊 呀 过 過 来 來 去 又 还 還 很 便 才 以 于是 此外 因此 但 但是 然而 另外 同时 同時"
)
_PRONOUNS = words("他 她 它 他们 她们 它们 他們 她們 它們 该 該 其 此 这 這")

CHINESE = Wording(
    language="zh",
    loose=words("在 于 於 约 約 大约 大約 年"),
    months={f"{numeral}月": number for numeral, number in _numerals().items() if 1 <= number <= 12}
    | {f"{number}月": number for number in range(1, 13)},
    numbers=_numerals(),
    ordinals=("年",),
    negations=_NEGATIONS,
    bounds=_BOUNDS,
    units=_MEASURES,
    pronouns=_PRONOUNS,
    joined=True,
    bounds_behind=_BOUNDS_BEHIND,
    kept=_KEPT,
    fillers=_FILLERS,
)
