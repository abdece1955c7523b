"""Letters of files in encodings that are declared, wrongly declared, or not declared."""

import pytest

from digest.errors import DumpError
from digest.model import Dump
from tests.sources.page.samples import read

FRENCH = "Café Müller, “naïve” – 5 €"
RUSSIAN = "Редкие модели и обучение машин в неизвестной среде, где роботы планируют движение"


def feed(title: str, encoding: str, declared: str | None = None) -> Dump:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    text = f"{head}<rss><channel><item><title>{title}</title></item></channel></rss>"
    return read(text.encode(encoding), name="tides.rss")


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "iso-8859-5"),
        ("Łódź i żółwie", "iso-8859-2"),
        ("Αραιά μοντέλα", "iso-8859-7"),
        ("稀疏模型与机器人", "gb2312"),
        ("稀疏模型與機器人", "big5"),
        ("疎なモデルの研究", "shift_jis"),
        ("疎なモデルの研究", "euc-jp"),
        ("疎なモデルの研究", "iso-2022-jp"),
        ("희소 모델 연구", "euc-kr"),
        ("โมเดลแบบเบาบาง", "tis-620"),
        (FRENCH, "windows-1252"),
        (FRENCH, "utf-8"),
        (FRENCH, "utf-16"),
    ],
)
def test_the_declared_encoding_is_used(title: str, encoding: str) -> None:
    dump = feed(title, encoding, encoding)
    assert ([record.title for record in dump.records], dump.problems) == ([title], ())


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "ISO-8859-1"])
def test_letters_of_windows_under_an_older_name(declared: str) -> None:
    dump = feed(FRENCH, "cp1252", declared)
    assert ([record.title for record in dump.records], dump.problems) == ([FRENCH], ())


@pytest.mark.parametrize(
    "declared", ["utf-16", "iso-8859-1", "windows-1251", "gb2312", "us-ascii", "x-unknown", "rot13"]
)
@pytest.mark.parametrize("title", [FRENCH, "稀疏模型与机器人"])
def test_utf_8_wins_over_a_wrong_declaration_and_is_told(title: str, declared: str) -> None:
    dump = feed(title, "utf-8", declared)
    assert [record.title for record in dump.records] == [title]
    (problem,) = dump.problems
    assert problem.where == "tides.rss"
    assert problem.what == (
        f"it is not in the encoding that it declares, “{declared}”; it is read as UTF-8"
    )


def test_text_of_windows_that_is_declared_as_utf_8_is_told() -> None:
    dump = feed(FRENCH, "cp1252", "utf-8")
    assert [record.title for record in dump.records] == [FRENCH]
    assert "“utf-8”; it is read as windows-1252" in dump.problems[0].what


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        (FRENCH, "cp1252"),
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "koi8-r"),
        ("희소 모델 연구를 위한 새로운 방법", "euc-kr"),
    ],
)
def test_without_a_declaration_the_letters_tell_and_it_is_told(title: str, encoding: str) -> None:
    dump = feed(title, encoding)
    assert [record.title for record in dump.records] == [title]
    assert dump.problems[0].what.startswith("it declares no encoding, and is not in UTF-8")


def test_one_byte_of_another_encoding_costs_nothing_else() -> None:
    title = "Åse Ødegård spør om tårer på grønne øyer"
    text = f"<?xml version='1.0' encoding='ISO-8859-1'?><rss><item><title>{title}</title>"
    data = text.encode() + b"<description>bes\xf8ge</description></item></rss>"
    (record,) = read(data).records
    assert record.title == title
    assert record.abstract == "besøge"


def test_letters_in_no_encoding_are_refused_with_what_to_do() -> None:
    with pytest.raises(DumpError, match="an encoding that it does not declare") as raised:
        read(
            b"<rss><item><title>" + bytes([0xFF, 0xC0, 0x41, 0xFE]) * 30 + b"</title></item></rss>"
        )
    assert "UTF-8" in raised.value.remedy
