"""Names of people, as papers and subscribers write them."""

from __future__ import annotations

import pytest

from digest.ranking.author_names import same_person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yann LeCun", "yann lecun"),
        ("Yann LeCun", "LeCun, Yann"),
        ("Yann LeCun", "LeCun Yann"),
        ("Yann LeCun", "Y. LeCun"),
        ("Yann LeCun", "LeCun, Y."),
        ("John Smith", "John A. Smith"),
        ("Jürgen Schmidhuber", "Juergen Schmidhuber".replace("ue", "u")),
        ("Søren Kierkegaard", "Soren Kierkegaard"),
        ("Jean-Baptiste Alayrac", "J.-B. Alayrac"),
        ("LeCun", "Yann LeCun"),
    ],
)
def test_the_same_person(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("John Smith", "Jane Smith"),
        ("John Smith", "John Smithson"),
        ("John B. Smith", "John A. Smith"),
        ("J. S.", "John Smith"),
        ("", "John Smith"),
        ("42", "John Smith"),
    ],
)
def test_different_people(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert not same_person(other, one)
