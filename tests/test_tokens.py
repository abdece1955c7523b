"""TokenSigner are read back by their maker, for their purpose, and by nobody and nothing else."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import tokens
from digest.errors import ConfigError
from digest.model import DeliveryId, SubscriberId
from digest.tokens import Purpose, TokenSigner

OURS = TokenSigner({1: b"k" * 32})
PURPOSES: tuple[Purpose, ...] = ("unsubscribe", "preferences", "feedback")
ADA = SubscriberId("ada")

names = st.text(min_size=1, max_size=30).filter(lambda s: s.isprintable()).map(SubscriberId)


@given(st.sampled_from(PURPOSES), names)
def test_a_link_is_read_back_for_its_purpose_only(purpose: Purpose, name: SubscriberId) -> None:
    token = OURS.link(purpose, name)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert OURS.read_link(purpose, token) == name
    for other in PURPOSES:
        assert (OURS.read_link(other, token) is None) == (other != purpose)


def test_links_are_short() -> None:
    assert len(OURS.link("unsubscribe", ADA)) == 22


@given(names, st.data())
def test_one_changed_character_makes_a_link_void(name: SubscriberId, data: st.DataObject) -> None:
    token = OURS.link("unsubscribe", name)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz0189_-=").filter(lambda c: c != token[place]))
    assert OURS.read_link("unsubscribe", token[:place] + letter + token[place + 1 :]) is None


@given(st.text(max_size=80))
def test_anything_else_is_no_token(text: str) -> None:
    assert OURS.read_link("unsubscribe", text) is None
    assert OURS.read_envelope_sender(f"bounces+{text}@b.example", "b.example") is None


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1), st.emails())
def test_an_envelope_sender_is_read_back_whatever_its_case(
    number: int, fence: int, address: str
) -> None:
    sender = OURS.envelope_sender(DeliveryId(number), fence, address, "bounces.example.org")
    assert len(sender.partition("@")[0]) <= 64
    assert sender == sender.lower()
    for spelled in (sender, sender.upper(), f" {sender}\n"):
        attempt = OURS.read_envelope_sender(spelled, "Bounces.example.org")
        assert attempt
        assert (attempt.delivery, attempt.fence) == (number, fence)
        assert OURS.is_address(attempt, address.upper())
        assert not OURS.is_address(attempt, "x" + address)


def test_envelope_senders_are_short() -> None:
    sender = OURS.envelope_sender(DeliveryId(70_000), 1, "ada@example.org", "b.example")
    assert len(sender) == len("bounces+@b.example") + 32


@pytest.mark.parametrize(
    "change", [("b.example", "c.example"), ("bounces+", "bounce+"), ("+", "-")]
)
def test_an_envelope_sender_of_another_form_is_not_ours(change: tuple[str, str]) -> None:
    sender = OURS.envelope_sender(DeliveryId(1), 1, "ada@example.org", "b.example")
    assert OURS.read_envelope_sender(sender.replace(*change), "b.example") is None


@given(st.data())
def test_one_changed_character_makes_an_envelope_sender_void(data: st.DataObject) -> None:
    sender = OURS.envelope_sender(DeliveryId(70_000), 1, "ada@example.org", "b.example")
    place = data.draw(st.integers(len("bounces+"), len(sender) - len("@b.example") - 1))
    letter = data.draw(st.sampled_from("abcxyz27").filter(lambda c: c != sender[place]))
    changed = sender[:place] + letter + sender[place + 1 :]
    assert OURS.read_envelope_sender(changed, "b.example") is None


def test_another_installations_tokens_are_not_ours() -> None:
    theirs = TokenSigner({1: b"t" * 32})
    assert OURS.read_link("unsubscribe", theirs.link("unsubscribe", ADA)) is None
    sender = theirs.envelope_sender(DeliveryId(1), 1, "ada@example.org", "b.example")
    assert OURS.read_envelope_sender(sender, "b.example") is None


def test_old_links_hold_after_a_change_of_keys_until_the_old_key_is_removed() -> None:
    token = OURS.link("unsubscribe", ADA)
    both = TokenSigner({1: b"k" * 32, 2: b"n" * 32})
    assert both.read_link("unsubscribe", token) == ADA
    assert OURS.read_link("unsubscribe", both.link("unsubscribe", ADA)) is None
    assert TokenSigner({2: b"n" * 32}).read_link("unsubscribe", token) is None


def test_the_key_file_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys"
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: tokens.load(path), range(8)))
    token = made[0].link("unsubscribe", ADA)
    assert all(one.read_link("unsubscribe", token) for one in [*made, tokens.load(path)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys"]


def test_a_key_added_to_the_file_signs_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    old = tokens.load(path)
    path.write_text(path.read_text() + f"2 {'ab' * 32}\n")
    new = tokens.load(path)
    assert new.read_link("feedback", old.link("feedback", ADA))
    assert not old.read_link("feedback", new.link("feedback", ADA))


@pytest.mark.parametrize(
    ("content", "where"),
    [("", ""), ("1 abc\n", ":1"), ("\n300 " + "ab" * 32, ":2"), ("schlüssel", "")],
)
def test_a_broken_key_file_is_said_so(tmp_path: Path, content: str, where: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError) as caught:
        tokens.load(path)
    assert [problem.where for problem in caught.value.problems] == [f"{path}{where}"]
