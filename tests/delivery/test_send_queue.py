"""Retries that grow and spread, messages that keep their distance."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.retry import retry_after
from digest.delivery.send_queue import RateLimiter, SendQueue
from digest.model import DeliveryId, Message


def message(number: int, domain: str = "example.org") -> Message:
    return Message(DeliveryId(number), "digest@example.org", f"reader@{domain}", b"")


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 240), (8, 240), (10**9, 240)]
)
def test_retries_double_up_to_four_hours_give_or_take_a_quarter(attempt: int, minutes: int) -> None:
    waits = [retry_after(DeliveryId(n), attempt) for n in range(200)]
    assert min(waits) >= timedelta(minutes=minutes) * 0.75
    assert max(waits) <= timedelta(minutes=minutes) * 1.25
    assert max(waits) - min(waits) > timedelta(minutes=minutes) * 0.4


def test_the_same_try_always_waits_as_long() -> None:
    assert retry_after(DeliveryId(7), 3) == retry_after(DeliveryId(7), 3)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3)), max_size=30),
    st.floats(0.5, 20),
)
def test_a_domain_never_gets_more_than_its_rate(
    arrivals: list[tuple[str, float]], rate: float
) -> None:
    limiter, now = RateLimiter(per_domain=rate), 100.0
    slots: dict[str, list[float]] = {}
    for domain, gap in arrivals:
        now += gap
        slot = limiter.reserve(domain, now)
        assert slot >= now
        slots.setdefault(domain, []).append(slot)
    for times in slots.values():
        assert all(b - a >= 1 / rate - 1e-9 for a, b in pairwise(times))


def test_messages_overall_keep_their_distance() -> None:
    limiter, now, sent = RateLimiter(per_second=4), 10.0, []
    for _ in range(5):
        now += limiter.wait(now)
        limiter.spend(now)
        sent.append(now)
    assert sent == [10.0, 10.25, 10.5, 10.75, 11.0]


def test_time_that_nothing_was_sent_is_not_made_up_for() -> None:
    limiter = RateLimiter(per_second=4)
    limiter.spend(10.0)
    limiter.spend(60.0)
    assert limiter.wait(60.0) == 0.25


def test_without_limits_nothing_waits_and_order_is_kept() -> None:
    feed = SendQueue(RateLimiter())
    for number in range(5):
        feed.put(message(number))
    taken = [feed.take() for _ in range(5)]
    assert [one.delivery for one in taken if one] == [0, 1, 2, 3, 4]


def test_a_domain_at_its_limit_lets_others_pass() -> None:
    feed = SendQueue(RateLimiter(per_domain=20))
    for number, domain in enumerate(["Big.example", "big.example", "small.example"]):
        feed.put(message(number, domain))
    taken = [feed.take() for _ in range(3)]
    assert [one.delivery for one in taken if one] == [0, 2, 1]


def test_closing_lets_everybody_go_and_returns_what_waited() -> None:
    feed = SendQueue(RateLimiter(per_second=0.001))
    feed.put(message(0))
    assert feed.take()
    feed.put(message(1))
    feed.put(message(2))
    got: list[Message | None] = []
    threads = [threading.Thread(target=lambda: got.append(feed.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    waiting = feed.close()
    for thread in threads:
        thread.join(10)
    assert [one.delivery for one in waiting] == [1, 2]
    assert got == [None, None, None]
    assert not feed.put(message(3))
    assert not feed.put(message(1), again=True)
    assert feed.close() == []


def test_a_pause_ends_when_the_feed_closes() -> None:
    feed = SendQueue(RateLimiter())
    thread = threading.Thread(target=feed.pause, args=(60,))
    thread.start()
    feed.close()
    thread.join(10)
    assert not thread.is_alive()


def test_a_message_put_back_comes_next() -> None:
    feed = SendQueue(RateLimiter(per_domain=1))
    feed.put(message(1))
    first = feed.take()
    assert first
    feed.put(message(2))
    feed.put(first, again=True)
    assert feed.take() is first
