"""Compiles what understands messages, where there is a C compiler; without one the same files run as they are."""

from __future__ import annotations

import sys

from setuptools import Extension, setup

# Everything that a message goes through on its way to being understood (docs/decisions/0034).
COMPILED = [
    "nlp/classifier.py",
    "nlp/danger.py",
    "nlp/dates.py",
    "nlp/extract.py",
    "nlp/features.py",
    "nlp/hashed.py",
    "nlp/keywords.py",
    "nlp/kinds.py",
    "nlp/model.py",
    "nlp/named.py",
    "nlp/services.py",
    "nlp/spans.py",
    "nlp/understand.py",
]


def extensions() -> list[Extension]:
    """One shared library, and a door to it for each module; each may fail to be built."""
    # Installing asks this file several times for other things, and compiling takes ten seconds.
    if not {"bdist_wheel", "editable_wheel", "build_ext"} & set(sys.argv):
        return []
    from mypyc.build import mypycify  # noqa: PLC0415 - needed to compile only

    options = ["--config-file=", "--ignore-missing-imports", *COMPILED]
    found = mypycify(options, group_name="nlp.compiled", opt_level="1", debug_level="0")
    for each in found:
        each.optional = True
    return found


setup(ext_modules=extensions())
