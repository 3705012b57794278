"""Japanese. No blanks part its words, and a negation is the ending of what it denies."""

from __future__ import annotations

from ragqa.wording.words import Wording, forms, words

_MEASURES = forms(
    "km キロ キロメートル, m メートル, cm センチ センチメートル, mm ミリ, kg キログラム, g グラム, tonne トン, "
    "% % ％ パーセント, "
    "円 円, $ ドル, € ユーロ, 年 年 年間 か年, 歳 歳 才, か月 か月 ヶ月 カ月 ヵ月, 週 週間 週, 日 日 日間, 時 "
    "時, 時間 時間, 分 分 分間, "
    "秒 秒 秒間, 世紀 世紀, 年代 年代, 人 人 名, 回 回 度, 倍 倍, 階 階, 台 台, 本 本, 冊 冊, 枚 枚, 個 個 つ, "
    "件 件, 軒 軒, 番 番"
)

JAPANESE = Wording(
    language="ja",
    months={f"{number}月": number for number in range(1, 13)},
    ordinals=("年",),
    negations=words(
        "ない なかっ なく ません ず ぬ ではない ではなく ではありません でない いない いません 不可 禁止 無し なし"
    ),
    bounds=forms("第 第, >= 少なくとも 最低, <= 最大 最高, nearly 約 およそ ほぼ, bc 紀元前, - 零下 マイナス"),
    units=_MEASURES,
    pronouns=words("彼 彼女 彼ら それ これ この その 同 当"),
    joined=True,
    bounds_behind=forms("> 以上 超 余り, < 以下 未満 以内, before 以前 前 まで, after 以後 以降 後, since から"),
    kept=words(
        "少ない 危ない その他 それぞれ 一般 一度 はず まず 必ず 先ず 同じ 同時 当時 本当 これから それから "
        "わずか 不動産 不思議"
    ),
    fillers=words(
        "は が を に で と も の へ や から まで より である です だ だった でした だっ た て し した する いる "
        "ある あり あっ ます "
        "ました れ られ なっ なる また そして に関する について において によって により"
    ),
    negations_last=True,
)
