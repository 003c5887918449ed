"""The lines of the demonstration's story."""

from __future__ import annotations

RESIDENT, MEMBER, BOT = "【居民 张阿姨】", "【下沉党员 李师傅】", "【小应】"
TO_MEMBER, TO_RESIDENT = "【小应 → 李师傅】", "【小应 → 张阿姨】"
REPORT = "香樟花园6栋2单元楼上半夜还在放音响，吵得孩子睡不着"
OFFER = "想请您帮忙"
TAKEN_ON = "有人接了"
DONE = "和楼上说好了，晚上十点以后不放音响"
ASKED = "请评价"
