"""Promises that a reader relies on while reading any one file, each with the proof that it can be broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from tests.guards.source import ROOT, SANDBOX, Source, calls, ours, packages, project, written

WALL_CLOCK = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime|strftime)|func\.now)$"
)
# Ideographs: a full stop or comma that is stripped from what somebody typed says nothing yet.
CHINESE = re.compile("[\u3400-\u9fff]")
# Nobody is he or she before we know them; 仍由他办 is a command, and speaks of a department.
PRONOUN = re.compile("她|(?<!其)(?<!仍由)他(?!们)")
MAY_QUOTE_PEOPLE = ("nlp/", "sandbox/", "models/demo")
MAY_SPEAK_CHINESE = ("texts/", *MAY_QUOTE_PEOPLE)
ONE_CHINESE_WORD = {
    # The name of the fictional street is the default of a setting.
    "bot/settings.py": {"演示街道"},
}


def commits(source: Source) -> Iterator[str]:
    for call, name in calls(source):
        if name.endswith(".commit") and str(source.path) != "models/db.py":
            yield source.at(call)


def readings_of_the_clock(source: Source) -> Iterator[str]:
    for call, name in calls(source):
        if WALL_CLOCK.search(name) and str(source.path) != "models/clock.py":
            yield source.at(call)
    for node in ast.walk(source.tree):
        # `from time import time` would hide behind a bare name.
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (
                source.at(node) for name in node.names if name.name not in ("monotonic", "sleep", "perf_counter")
            )


def broad_excepts(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and str(source.path) != "bot/answer.py":
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in caught):
                yield source.at(node)


def hidden_imports(source: Source) -> Iterator[str]:
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import) and any(_is_ours(name.name) for name in node.names):
                    yield source.at(node)
                if isinstance(node, ast.ImportFrom) and (node.level or _is_ours(node.module or "")):
                    yield source.at(node)


def chinese_words(source: Source) -> Iterator[str]:
    path = str(source.path)
    if path.startswith(MAY_SPEAK_CHINESE):
        return
    # A string that stands alone is a docstring, of a module, class, function, field or enum member.
    explaining = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    allowed = ONE_CHINESE_WORD.get(path, set())
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in explaining:
            continue
        if CHINESE.search(node.value) and node.value not in allowed:
            yield source.at(node)


def pronouns(source: Source) -> Iterator[str]:
    if not str(source.path).startswith(MAY_QUOTE_PEOPLE):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and PRONOUN.search(node.value):
                yield source.at(node)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in packages()


PROMISES = [
    pytest.param(
        commits,
        ["def f(session):\n    session.commit()", "def f(db):\n    db.session.commit()"],
        id="only models/db.py commits",
    ),
    pytest.param(
        readings_of_the_clock,
        [
            "datetime.now(UTC)",
            "dt.datetime.utcnow()",
            "date.today()",
            "time.time()",
            "from time import time",
            "select(func.now())",
        ],
        id="only models/clock.py reads the clock",
    ),
    pytest.param(
        broad_excepts,
        [
            "try:\n    f()\nexcept Exception:\n    pass",
            "try:\n    f()\nexcept:\n    pass",
            "try:\n    f()\nexcept (ValueError, BaseException) as error:\n    pass",
        ],
        id="only an answer to a message catches everything",
    ),
    pytest.param(
        hidden_imports,
        [
            "def f():\n    from models import ticket",
            "def f():\n    import nlp.segment",
            "def f():\n    from . import x",
        ],
        id="our own modules are imported at the head of a file",
    ),
    pytest.param(
        chinese_words,
        ["f('接单')", "f(f'{x}，好')", "'''ok'''\nx = '好'", "def f():\n    'ok'\n    return '好'"],
        id="only texts and nlp speak Chinese",
    ),
    pytest.param(
        pronouns,
        ["x = '等他接单'", "def f(name):\n    return f'{name}来了，她在门口'"],
        id="nobody is taken for a man or a woman",
    ),
]


@pytest.mark.parametrize(("broken", "examples"), PROMISES)
def test_the_code_keeps_the_promise(broken: Callable[[Source], Iterator[str]], examples: list[str]) -> None:
    assert [place for source in ours() if source.package != SANDBOX for place in broken(source)] == []


@pytest.mark.parametrize(("broken", "examples"), PROMISES)
def test_whoever_breaks_the_promise_is_told_where(
    broken: Callable[[Source], Iterator[str]], examples: list[str]
) -> None:
    for example in examples:
        assert list(broken(written(example))), example


def test_no_page_takes_anybody_for_a_man_or_a_woman() -> None:
    pages = sorted((ROOT / "console" / "templates").rglob("*.html"))
    assert len(pages) > 50
    assert [page.name for page in pages if PRONOUN.search(page.read_text(encoding="utf-8"))] == []


def test_what_explains_the_code_may_name_chinese_terms() -> None:
    explained = "'''接单.'''\n# 接单\nclass A:\n    x = 1\n    '''待派'''\n    def f(self):\n        '''办结'''"
    assert list(chinese_words(written(explained))) == []


def test_the_exceptions_are_still_needed() -> None:
    for path, words in ONE_CHINESE_WORD.items():
        assert all(word in (ROOT / path).read_text(encoding="utf-8") for word in words)


def test_every_package_is_shipped() -> None:
    there = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in packages()
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert set(project()["tool"]["setuptools"]["packages"]) == there


def test_every_package_stands_in_the_import_contracts() -> None:
    assert set(project()["tool"]["importlinter"]["root_packages"]) == set(packages())
