"""What benchmarks compute from what they measure, and the server that they send to."""

from __future__ import annotations

import smtplib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import made_up, plot, tables
from benchmarks.discarding_server import discarding_server
from benchmarks.machine import disk
from benchmarks.measuring import Cost, Figure, alternate, in_child, ratios, run_process, slopes


def test_a_slope_leaves_out_what_a_pass_costs_whoever_is_in_it() -> None:
    fewer = [Cost(3.0, 9.0, 100.0), Cost(4.0, 9.0, 100.0)]
    more = [Cost(5.0, 9.0, 100.0), Cost(8.0, 9.0, 100.0)]
    assert slopes(fewer, more, readers=1_000) == pytest.approx((2.0, 4.0))


def test_ratios_are_of_the_same_alternation() -> None:
    assert ratios((1.0, 2.0), (10.0, 30.0)) == pytest.approx((10.0, 15.0))


def test_alternatives_are_measured_in_turn() -> None:
    order: list[str] = []

    def measure(name: str) -> Cost:
        order.append(name)
        return Cost(1.0, 1.0, 1.0)

    alternate({"ours": lambda: measure("ours"), "theirs": lambda: measure("theirs")}, rounds=2)
    assert order == ["ours", "theirs", "ours", "theirs"]


def test_a_process_is_measured_with_its_memory() -> None:
    cost = run_process([sys.executable, "-c", "b'x' * 200_000_000"])
    assert cost.megabytes > 190
    assert cost.cpu > 0


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with status 3"):
        run_process([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_child_is_measured_without_its_preparation() -> None:
    measured = in_child("benchmarks.compose:digest", 2, 20, 10, 1)
    assert isinstance(measured.value, int)
    assert measured.value > 10_000  # bytes of two messages


def test_a_table_shows_the_median_and_the_spread() -> None:
    figures = [Figure("case", "digest", "times", (12.0, 10.0, 15.0), "at least 12")]
    shown = tables.of_benchmark("run", figures, 3.0, ((0.5, 0.4, 0.3), (1.5, 0.8, 0.4)))
    assert "12.0 (10.0 to 15.0)" in shown
    assert "at least 12" in shown
    assert "load 0.50, 0.40, 0.30 before, 1.50, 0.80, 0.40 after" in shown


def test_the_disk_is_named_with_its_file_system(tmp_path: Path) -> None:
    assert disk(tmp_path).split()[0] != "unknown"


def test_the_plot_has_a_line_for_each_way() -> None:
    figures = [
        Figure(f"email, disk, {n:,} readers", who, "CPU s", (n / 100,), readers=n).as_json()
        for who in ("digest", "plain")
        for n in (200, 1_000)
    ]
    found = plot.lines({"benchmarks": {"run": {"figures": figures}}})
    assert found == {
        "digest: email, disk": [(200.0, 2.0), (1_000.0, 10.0)],
        "plain: email, disk": [(200.0, 2.0), (1_000.0, 10.0)],
    }
    drawn = ElementTree.fromstring(plot.draw(found))  # noqa: S314  our own
    assert len(drawn.findall("{*}polyline")) == 2


def test_made_up_papers_speak_of_the_interests() -> None:
    papers = list(made_up.papers(50, 20))
    whole = " ".join(paper["abstract"] for paper in papers).lower()
    assert all(phrase in whole for phrase in made_up.phrases(20))
    words = [len(paper["abstract"].split()) for paper in papers]
    assert min(words) > 120
    assert max(words) < 240
    assert papers == list(made_up.papers(50, 20))


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A discarding server, and its record."""
    record = tmp_path / "accepted"
    with discarding_server(record) as port:
        yield port, record


def test_the_discarding_server_records_who_got_a_mail(sink: tuple[int, Path]) -> None:
    port, record = sink
    with smtplib.SMTP("127.0.0.1", port) as client:
        for name in ("a", "b"):
            client.sendmail(
                "x@example.org", [f"{name}@example.org"], b"Subject: x\r\n\r\n.\r\nx\r\n"
            )
    assert record.read_text("ascii").split() == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_the_discarding_server_reads_bodies_in_any_pieces(
    sink: tuple[int, Path], size: int
) -> None:
    port, record = sink
    one = "MAIL FROM:<x@example.org>\r\nRCPT TO:<{}@example.org>\r\nDATA\r\nx\r\n.\r\n"
    sent = (one.format("a") + one.format("b") + "QUIT\r\n").encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(sent), size):
            connection.sendall(sent[at : at + size])
        answered = b""
        while b"221" not in answered:
            answered += connection.recv(1000)
    assert record.read_text("ascii").split() == ["a@example.org", "b@example.org"]
    assert [line[:3] for line in answered.split(b"\r\n")[1:-1]] == [
        *[b"250", b"250", b"354", b"250"] * 2,
        b"221",
    ]
