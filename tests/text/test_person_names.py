"""Names of people, as papers and subscribers write them."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.person_names import family_names, same_person

ONE_PERSON = [
    ["Yann LeCun", "yann lecun", "LeCun, Yann", "Y. LeCun", "LeCun, Y.", "LeCun Y", "LeCun"],
    ["Yann LeCun", "LeCun Yann"],
    ["John A. Smith", "John Smith", "J. Smith", "J. A. Smith", "J.A. Smith", "Smith, JA"],
    ["Robert Oppenheimer", "J. Robert Oppenheimer"],
    # particles
    ["Laurens van der Maaten", "van der Maaten, L.", "L.J.P. van der Maaten", "Maaten, L. van der"],
    ["Laurens van der Maaten", "van der Maaten", "van der Maaten, LJP", "Laurens Van Der Maaten"],
    ["L. van der Maaten", "van der Maaten L. J. P.", "Laurens VanderMaaten"],
    ["Juan de la Cruz", "J. de la Cruz", "de la Cruz, Juan", "De la Cruz, J."],
    ["Rami Al-Rfou", "R. Al-Rfou", "Al-Rfou, Rami", "Rami Al Rfou", "Rami al-Rfou'"],
    ["Laurent El Ghaoui", "El Ghaoui, L."],
    # the order of Chinese names, and their hyphens
    ["Bin Yu", "Yu, Bin", "Yu Bin", "bin yu"],
    ["Bin Yu", "B. Yu", "Yu, B.", "Yu B."],
    ["Xiao-Ming Li", "Xiaoming Li", "Li Xiaoming", "Li, Xiao-Ming", "Xiao Ming Li"],
    ["X.-M. Li", "X. M. Li", "X. Li", "Xiao-Ming Li"],
    ["Fei-Fei Li", "Li Fei-Fei", "Li, Fei-Fei"],
    ["Fei-Fei Li", "Li, F.-F."],
    ["Weinan E", "E, Weinan"],
    ["Y. Li", "Yann Li"],
    ["张伟", "张 伟"],
    # given names with hyphens
    ["Jean-Pierre Serre", "J.-P. Serre", "J. P. Serre", "Serre, J.-P.", "J. Serre", "Serre, JP"],
    ["Jean-Pierre Serre", "Jean Pierre Serre"],
    ["Jean-Baptiste Alayrac", "J.-B. Alayrac"],
    # family names of several words
    ["Gabriel García Márquez", "García Márquez, G.", "G. García-Márquez", "Garcia-Marquez"],
    # suffixes
    ["Martin Luther King Jr.", "King, M. L.", "King Jr., Martin Luther", "King, Jr., Martin"],
    ["Martin Luther King, Jr.", "King, Martin L., Jr.", "Martin King"],
    ["William Gates III", "Gates, William H., III", "W. Gates"],
    # apostrophes, accents, ligatures
    ["Conor O'Brien", "Conor O’Brien", "O'Brien, C.", "Conor OBrien"],
    ["Silvia D'Angelo", "D’Angelo, S."],
    ["Jürgen Müller", "Juergen Mueller"],
    ["Jürgen Müller", "Jurgen Muller", "Mu\u0308ller, J."],
    ["Johannes Groß", "J. Gross"],
    ["Søren Kierkegaard", "Soren Kierkegaard", "S. Kierkegaard"],
    ["Søren Bøe", "Soeren Boee"],
    ["Işıl Yıldırım", "Isil Yildirim"],
    ["Aurélie Névéol", "Aurelie Neveol"],
    ["Ada Sanﬁlippo", "A. Sanfilippo"],
    ["Łukasz Kaiser", "Lukasz Kaiser"],
]
TWO_PEOPLE = [
    ("John Smith", "Jane Smith"),
    ("John Smith", "John Smithson"),
    ("John B. Smith", "John A. Smith"),
    ("J. B. Smith", "J. A. Smith"),
    ("Y. Li", "Yang Liu"),
    ("Y. Li", "Li Yang"),
    ("L. Yang", "Yang Liu"),
    ("Y. Liu", "Yang Li"),
    ("Yang Li", "Yang Liu"),
    ("Liu, Yang", "Yang, Liu"),
    ("Yann", "Yann LeCun"),
    ("Yann", "LeCun, Yann"),
    ("Bin", "Bin Yu"),
    ("Yann", "Y. LeCun"),
    ("J. S.", "John Smith"),
    ("J. Cruz", "Juan de la Cruz"),
    ("L. Maaten", "Laurens van der Maaten"),
    ("V. Gogh", "Vincent van Gogh"),
    ("Jean Serre", "Jean-Pierre Serre"),
    ("Wei Chen", "Wei-Lin Chen"),
    ("Wei-Li Chen", "Wei-Lin Chen"),
    ("G. Marquez", "Gabriel García-Márquez"),
    ("Paul Smith", "John Paul Smith"),
    ("Martin King Jr.", "Martin King Sr."),
    ("Yue Li", "Yu Li"),
    ("Samuel Noel", "Samul Nol"),
    ("Mueller", "Muller"),
    ("O'Brien", "Brien"),
    ("Alan de Vries", "Alan Vries"),
    ("A. Smith", "John Adam Smith"),
    ("张伟", "张伟明"),
    ("", "John Smith"),
    ("42", "John Smith"),
    (",", "John Smith"),
]


@pytest.mark.parametrize(
    ("one", "other"), [pair for names in ONE_PERSON for pair in combinations(names, 2)]
)
def test_the_same_person(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)
    assert family_names(one) & family_names(other)


@pytest.mark.parametrize(("one", "other"), TWO_PEOPLE)
def test_different_people(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert not same_person(other, one)


@given(st.text("aBé,. -'’ßüJr張İ\u0308", max_size=25), st.text("aBé,. -ü", max_size=25))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert same_person(one, other) == same_person(other, one)
