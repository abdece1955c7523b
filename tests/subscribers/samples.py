"""Subscribers of every kind, as Hypothesis makes them."""

from __future__ import annotations

from datetime import date, time, timedelta

from hypothesis import strategies as st

from digest.model import Interest, Profile, Schedule, Subscriber, SubscriberId

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=20).map(
    str.strip
)
PHRASE = TEXT.filter(lambda text: any(map(str.isalnum, text)) and not text.startswith("/"))
AWKWARD = st.sampled_from(
    ["no", "1.10", "null", "~x", "match", "author", "code", "08:00", "a: b", "x # y", "[x", "1e5"]
)
WEIGHT = st.sampled_from([1.0, 0.01, 2.5, 100.0])
PLACE = st.sampled_from([None, "title", "abstract", "keywords"])
NAMED = st.sampled_from(["author", "category", "venue"])
INTEREST = st.one_of(
    st.builds(
        Interest, AWKWARD | PHRASE, st.just("phrase"), PLACE, weight=WEIGHT, must_see=st.booleans()
    ),
    st.builds(Interest, st.sampled_from([r"scaling laws?", r"a\d: b;c", "c[ao]t"]),
              st.just("pattern"), PLACE, weight=WEIGHT, must_see=st.booleans()),
    st.builds(Interest, AWKWARD | PHRASE, NAMED, weight=WEIGHT, must_see=st.booleans()),
    st.builds(Interest, st.just("code"), st.just("code"), weight=WEIGHT, must_see=st.booleans()),
)  # fmt: skip
EXCLUSION = st.one_of(
    st.builds(Interest, AWKWARD | PHRASE, st.just("phrase"), PLACE),
    st.builds(Interest, AWKWARD | PHRASE, NAMED),
)
AT = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SCHEDULE = st.one_of(
    st.builds(Schedule, st.sampled_from(["day", "weekday"]), at=AT),
    st.builds(Schedule, st.just("week"), st.integers(1, 7), AT),
    st.builds(Schedule, st.just("month"), st.integers(1, 31), AT),
    st.builds(Schedule, on=st.just(1), cron=st.sampled_from(["0 8 * * 1", "30 6 1 * *"])).map(
        lambda schedule: Schedule(cron=schedule.cron)
    ),
)
PROFILE = st.builds(
    Profile,
    st.lists(INTEREST, min_size=1, max_size=4).map(tuple),
    st.lists(EXCLUSION, max_size=3, unique=True).map(tuple),
    comments=st.sampled_from([0.0, 0.3]),
    upvotes=st.sampled_from([0.0, 0.1]),
    freshness=st.sampled_from([0.0, 0.5]),
)
SUBSCRIBER = st.builds(
    Subscriber,
    st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True).map(SubscriberId),
    st.sampled_from(["ada@example.org", "o'hara+x@example.org", "jo@münchen.example.org"]),
    PROFILE,
    name=AWKWARD | TEXT,
    channels=st.sampled_from([("email",), ("feed",), ("email", "feed"), ("feed", "email")]),
    schedule=SCHEDULE,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    limit=st.integers(1, 1000),
    threshold=st.sampled_from([0.0, 0.2, 0.25, 1.0, 1e-05]),
    backfill=st.none() | st.integers(1, 10_000_000).map(lambda s: timedelta(seconds=s)),
    send_empty=st.booleans(),
    revisions=st.booleans(),
    feed_entries=st.sampled_from(["papers", "digests"]),
    learn=st.booleans(),
    paused=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
