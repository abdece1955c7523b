"""A mail as a good engineer would make it in an afternoon: Jinja renders the page, premailer writes
the styles into it, and ``EmailMessage`` encodes it. The templates are the shipped ones, so that
both sides write the same page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import premailer  # type: ignore[import-untyped]  # it ships no types
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from benchmarks.measuring import ROOT

URL = "https://digest.example.org"
Reader = Mapping[str, str]  # what is known of who gets a mail
Chips = Sequence[Mapping[str, object]]  # what each interest has found


@dataclass(frozen=True)
class Picked:
    """A paper in a reader's mail."""

    title: str
    abstract: str
    url: str
    published: str
    percent: int
    why: str


class PlainMail:
    """Makes mails, one after the other."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(ROOT / "templates"),
            autoescape=select_autoescape(["html", "html.j2"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html = environment.get_template("email.html.j2")
        self._text = environment.get_template("email.txt.j2")
        self._card = environment.get_template("card.html.j2")
        self._reason = environment.get_template("reason.html.j2")

    def message(
        self,
        reader: Mapping[str, str],
        picked: Sequence[Picked],
        chips: Sequence[Mapping[str, object]],
    ) -> bytes:
        """The mail for one reader, as it is sent."""
        page = self.page(reader, picked, chips)
        return self.encoded(reader, self.text(reader, picked, chips), self.styled(page))

    def page(
        self,
        reader: Mapping[str, str],
        picked: Sequence[Picked],
        chips: Sequence[Mapping[str, object]],
    ) -> str:
        """The HTML before its styles are inlined."""
        shown = []
        for number, pick in enumerate(picked, 1):
            facts = {"url": pick.url, "title": pick.title, "facts": pick.published, "links": ()}
            reason = {"gist": pick.abstract[:400], "why": pick.why}
            shown.append(
                {
                    "number": number,
                    "percent": pick.percent,
                    "short_title": pick.title[:70],
                    "card": Markup(self._card.render(paper=facts)),  # noqa: S704  from a template
                    "reason": Markup(self._reason.render(reason=reason)),  # noqa: S704  likewise
                    "late": "",
                }
            )
        return self._html.render(papers=shown, contents=True, **_frame(reader, picked, chips))

    def text(
        self,
        reader: Mapping[str, str],
        picked: Sequence[Picked],
        chips: Sequence[Mapping[str, object]],
    ) -> str:
        """The plain text."""
        shown = [
            {
                "number": number,
                "percent": pick.percent,
                "title": pick.title,
                "facts_text": pick.published,
                "url": pick.url,
                "links": (),
                "gist": pick.abstract[:400],
                "why": pick.why,
                "late": "",
            }
            for number, pick in enumerate(picked, 1)
        ]
        return self._text.render(papers=shown, **_frame(reader, picked, chips))

    def styled(self, page: str) -> str:
        """The page with its styles in its elements."""
        styled: str = premailer.transform(
            page, allow_network=False, strip_important=False, cssutils_logging_level=50
        )
        return styled

    def encoded(self, reader: Reader, text: str, html: str) -> bytes:
        """The message's bytes."""
        message = EmailMessage()
        message["From"] = "Paper Digest <digest@example.org>"
        message["To"] = f"{reader['name']} <{reader['email']}>"
        message["Subject"] = f"Papers for {reader['name']}"
        message["List-Unsubscribe"] = f"<{URL}/unsubscribe/{reader['id']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Date"] = format_datetime(datetime.fromisoformat(reader["now"]))
        message["Message-ID"] = f"<{reader['id']}.{reader['period']}@example.org>"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        return message.as_bytes(policy=SMTP)


def _frame(reader: Reader, picked: Sequence[Picked], chips: Chips) -> dict[str, object]:
    """What the page says beside its papers."""
    lead = f"Chosen for {reader['name']} by interest"
    return {
        "subject": f"Papers for {reader['name']}",
        "preheader": picked[0].title if picked else "",
        "brand": "Paper Digest",
        "period": reader["period"],
        "headline": f"{len(picked)} papers for you",
        "lead": lead,
        "chips": chips,
        "coverage": "Drawn from one page.",
        "archive": f"{URL}/archive/{reader['id']}/{reader['period']}.html",
        "feed": f"{URL}/archive/{reader['id']}/",
        "help": f"{URL}/help.html",
        "unsubscribe": f"{URL}/unsubscribe/{reader['id']}",
        "rhythm": "You get this every week.",
    }
