"""What people say who are asked to take a task, or have one and give it up; and what only sounds like it."""

from __future__ import annotations

from time import perf_counter

import pytest

from nlp.offered import Answer, answer, gives_up


@pytest.mark.parametrize(
    "said",
    [
        "我去", "我去吧", "我来", "我来吧", "我来吧！", "好的我去", "好的，我去", "好，我来", "行，我去看看", "我去看看", "我去一趟", "我去处理", "我马上去", "马上过去", "这就来",
        "我可以", "我可以的", "我可以去", "我能去", "我愿意去", "可以去", "这个我接", "这单我接了", "我接了", "我接受", "交给我吧", "交给我", "算我一个", "让我来吧", "还是我去吧",
        "没问题，我去", "收到，我马上过去", "我有空，我去", "就在附近，我去看看", "我正好有空去", "我過去", "我来帮忙", "我等会儿去",
    ],
)  # fmt: skip
def test_words_that_take_what_is_offered(said: str) -> None:
    assert answer(said) is Answer.TAKES
    assert not gives_up(said)


@pytest.mark.parametrize(
    "said",
    [
        "明天没空，去不了", "今天不行", "这次不方便", "在外地", "来不了", "去不了", "我去不了", "不好意思，去不了", "不好意思今天去不了", "今晚有事去不了", "今晚有事，来不了", "没空",
        "没时间", "最近没时间", "今天没空", "我在外地", "我人在外地", "在出差", "出差了", "我在上班，走不开", "走不开", "现在走不开", "抽不开身", "不方便", "不太方便", "晚上不方便",
        "抱歉，接不了", "实在去不了", "恐怕去不了", "我今天不行", "这次不行，下次吧", "下次吧", "请找别人吧", "换个人吧", "赶不过来", "不在本地", "忙不过来", "不去了", "謝謝，這次不方便",
        "今天加班，去不了，抱歉", "身体不舒服，去不了", "我现在没时间", "太远了，去不了", "不行",
    ],
)  # fmt: skip
def test_words_that_decline_what_is_offered(said: str) -> None:
    assert answer(said) is Answer.DECLINES


@pytest.mark.parametrize(
    "said",
    [
        "我去年就说过了", "我去！", "我去！！楼上又漏了", "我去~", "我来反映个事", "不行啊楼上又漏了", "没空调", "我去？", "我去医院了", "我去过了", "我来了", "我去了", "好的", "收到",
        "谢谢", "可以", "有空", "我有事", "今天有事", "在家", "不在家", "来不了电", "他来不了", "师傅来不了", "电梯去不了六楼", "今天没水", "没空位", "没时间表", "现在不行了老人晕倒了", "这次不方便停车",
        "停车不方便", "出行不方便", "今天去不了，明天可以", "不去管谁管", "我来说一下楼道灯", "派人来", "请派人来", "快来人", "让人来看看", "谁去？", "我去还是不去", "能去吗", "下次停水提前说", "在外地打工的孩子回不来",
        "换个灯吧", "找人修一下", "请人来看看", "不接电话", "忙音", "我可以投诉吗", "我接了水管还是漏", "我来接水没有水", "可能去不了", "孩子没人接，去不了", "我去不去都行", "不是我去", "", "！！",
        "我不想活了", "我去把门关了", "交给我的钥匙打不开门", "没空" * 20,
    ],
)  # fmt: skip
def test_words_that_only_sound_like_an_answer(said: str) -> None:
    assert answer(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "我不想干了", "干不了了", "我去不了了", "不干了", "办不了了", "做不了", "去不了了", "来不了了", "我干不下去了", "不想去了", "我不去了", "帮我退了吧", "我要退单", "这单退了吧",
        "明天没空，去不了", "不好意思，我去不了了", "今晚加班，去不了了", "实在干不了了", "放弃了",
    ],
)  # fmt: skip
def test_words_that_give_a_task_up(said: str) -> None:
    assert gives_up(said)


@pytest.mark.parametrize(
    "said",
    [
        "今天不行", "没空", "在外地", "物业不干了", "保洁不干活", "我不想活了", "退了休", "押金退了", "退钱", "电梯干不了", "去不了医院", "他不干了", "不干净", "不做核酸", "不办不行", "办不了证",
        "来不了电", "放弃治疗", "干不了了？", "不去管", "楼上不弄了", "谢谢", "",
    ],
)  # fmt: skip
def test_words_that_give_nothing_up(said: str) -> None:
    assert not gives_up(said)


@pytest.mark.parametrize(
    "said", ["我今天" * 10, "好的了啊" * 7, "真的实在" * 7, "我我我今天实在是真的好的谢谢您家里临时有点", "了吧啊" * 10]
)
def test_odd_words_cost_nothing(said: str) -> None:
    begun = perf_counter()
    assert answer(said) is None
    assert not gives_up(said)
    assert perf_counter() - begun < 0.1
