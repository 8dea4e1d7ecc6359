"""Docstrings on the pages of the API: what docutils makes of them is what stands in the code."""

import pytest
from _ext.api import escaped, known
from clustermath.parameters import PARAMETERS
from docutils.core import publish_doctree


@pytest.mark.parametrize("text", ["a*b*c and d|e|", "`a * b`, then c * d * e", "of `x` the *y* of `z`, and w_ and |v|", "one_ two_ `three_` four_ `five` six_", "a\\b of `c` d\\e", "`x`"])
def test_a_plain_sentence_stays_what_it_is(text):
    document = publish_doctree(escaped(text), settings_overrides={"halt_level": 2, "report_level": 5})
    assert document.astext().split() == text.replace("`", "").split()
    assert [node.astext() for node in document.findall() if node.tagname == "literal"] == text.split("`")[1::2]
    assert {node.tagname for node in document.findall()} <= {"document", "paragraph", "#text", "literal"}


def test_units_are_told_of_what_is_checked_and_of_nothing_else():
    """`checked` gives a function its `returns`; a function that has none may call anything by the name of a parameter."""

    def plain(gpus, owner):
        """Whose they are."""

    assert known(plain) == {"gpus": "", "owner": ""}
    plain.returns = "s"
    assert PARAMETERS["gpus"].meaning in known(plain)["gpus"] and known(plain)["owner"] == ""
