"""The shape of ``subscribers.yaml`` as pydantic models; its JSON schema comes from them, too."""

import json
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic.functional_validators import (
    AfterValidator,
    BeforeValidator,
    WrapValidator,
    model_validator,
)
from pydantic.types import Discriminator, Tag

from digest.config.fields import duration, email_address
from digest.config.messages import did_you_mean, quoted, wrong
from digest.model import Channel
from digest.subscribers import fields
from digest.subscribers.codec import WEEKDAYS
from digest.subscribers.fields import FORM
from digest.subscribers.yaml_document import Plain


class Fields(BaseModel):
    """A mapping with fixed keys; a key without a value counts as left out."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        empty = [k for k, v in data.items() if isinstance(v, Plain) and v.value is None]
        return {k: v for k, v in data.items() if k not in empty} if empty else data


Text = Annotated[str, BeforeValidator(fields.text)]
Phrase = Annotated[Text, AfterValidator(fields.phrase), BeforeValidator(fields.without_control)]
Name = Annotated[Text, AfterValidator(fields.name)]
Weight = Annotated[
    float, Field(ge=fields.LIGHTEST, le=fields.HEAVIEST), BeforeValidator(fields.weight)
]
Gain = Annotated[float, Field(ge=0, le=0.5), BeforeValidator(fields.number)]
Switch = Annotated[bool, BeforeValidator(fields.switch)]


class MatchExclusion(Fields):
    """A phrase or pattern that rules a paper out."""

    match: Annotated[Phrase, Field(examples=["scaling law", "/scaling laws?/"])]
    """A word or phrase; or between slashes a pattern of Python's `re`, for which case never
    matters. Put a pattern in single quotes where it has a backslash."""
    place: Literal["title", "abstract", "keywords"] | None = Field(default=None, alias="in")
    """Where it must stand; left out: in any of them. `keywords` are those that sources state."""


class AuthorExclusion(Fields):
    """An author whose papers are ruled out."""

    author: Annotated[Name, Field(examples=["Yann LeCun"])]
    """The name as papers give it."""


class CategoryExclusion(Fields):
    """A category whose papers are ruled out."""

    category: Annotated[Name, Field(examples=["cs.LG", "cs", "Neuroscience"])]
    """As its source writes it; `cs` or `cs.*` stands for all that begin with `cs.`."""


class VenueExclusion(Fields):
    """A journal or conference whose papers are ruled out."""

    venue: Annotated[Name, Field(examples=["NeurIPS"])]
    """Its name, or its acronym."""


class Counted(Fields):
    """How much an interest counts."""

    weight: Weight = 1
    """How much it counts; 1 is usual."""
    must_see: Switch = False
    """Put every paper that holds it in the digest, whatever its score and rank."""


class Match(Counted, MatchExclusion):
    """A phrase or pattern with the place where it must stand."""


class Author(Counted, AuthorExclusion):
    """An author of the paper."""


class Category(Counted, CategoryExclusion):
    """A category of the paper."""


class Venue(Counted, VenueExclusion):
    """The journal or conference of the paper."""


class Code(Counted):
    """Papers whose code is public."""

    code: Annotated[Literal[True], BeforeValidator(fields.stated)]
    """Write `true`."""


_PHRASE_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "number"],
        "description": "A word or phrase, weight 1; or a pattern between slashes.",
        "examples": ["low-rank adaptation"],
    }
)
_A_LIST: dict[str, int | str | float] = {
    "what": "a list where an interest should be",
    "remedy": f"write a phrase, `phrase: weight`, {fields.FORMS}",
}
_FORM = Discriminator(fields.interest_form, "wrong", "{what}", _A_LIST)
Weighted = Annotated[
    dict[Phrase, Weight],
    Field(min_length=1, max_length=1, description="`phrase: weight`", examples=[{"LoRA": 2.5}]),
    BeforeValidator(fields.weighted_phrase),
]
AnyPhrase = Annotated[Phrase, _PHRASE_SCHEMA, Tag(f"{FORM}phrase")]
AnyInterest = Annotated[
    AnyPhrase
    | Annotated[Weighted, Tag(f"{FORM}weighted")]
    | Annotated[Match, Tag(f"{FORM}match")]
    | Annotated[Author, Tag(f"{FORM}author")]
    | Annotated[Category, Tag(f"{FORM}category")]
    | Annotated[Venue, Tag(f"{FORM}venue")]
    | Annotated[Code, Tag(f"{FORM}code")],
    _FORM,
    WrapValidator(fields.remembering()),
]
AnyExclusion = Annotated[
    AnyPhrase
    | Annotated[MatchExclusion, Tag(f"{FORM}match")]
    | Annotated[AuthorExclusion, Tag(f"{FORM}author")]
    | Annotated[CategoryExclusion, Tag(f"{FORM}category")]
    | Annotated[VenueExclusion, Tag(f"{FORM}venue")],
    _FORM,
    BeforeValidator(fields.exclusion),
    WrapValidator(fields.remembering()),
]
_DAY_IN_MONTH = {"type": "integer", "minimum": 1, "maximum": 31}
_ON = {"anyOf": [{"enum": list(WEEKDAYS)}, _DAY_IN_MONTH]}
_TIME_OF_DAY = {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$", "default": "08:00"}


class ScheduleEntry(Fields):
    """When a digest is due, in the subscriber's time zone; `every` and so on, or only `cron`."""

    every: Literal["day", "weekday", "week", "month"] = "week"
    """`weekday` is Monday to Friday."""
    on: Annotated[int | None, WithJsonSchema(_ON)] = None
    """`week`: a day's name, monday if left out. `month`: a day from 1 to 31 (or the month's
    last), 1 if left out."""
    at: Annotated[time, BeforeValidator(fields.clock_time), WithJsonSchema(_TIME_OF_DAY)] = time(8)
    """Local time."""
    cron: Annotated[Text, AfterValidator(fields.cron_expression)] | None = Field(
        default=None, examples=["0 8 * * 1"]
    )
    """Five cron fields. A digest stands for the day before, so one a day at most."""

    @field_validator("on", mode="before")
    @classmethod
    def _day(cls, value: object, info: ValidationInfo) -> int | None:
        match info.data.get("every"):
            case "week":
                name = str(value).casefold()
                for number, day in enumerate(WEEKDAYS, 1):
                    if name in (day, day[:3]):
                        return number
                remedy = did_you_mean(name, WEEKDAYS, "write monday, tuesday, …")
                raise wrong(f"{quoted(value)} is not a weekday", remedy)
            case "month":
                number = fields.whole(value)
                if not 1 <= number <= 31:
                    raise wrong(f"{number} is not a day of a month", "write 1 to 31")
                return number
            case None:  # wrong itself
                return None
            case every:
                raise wrong(f"`on` says nothing with `every: {every}`", "leave it out")

    @model_validator(mode="after")
    def _cron_alone(self) -> Self:
        others = sorted(self.model_fields_set - {"cron"})
        if self.cron is not None and others:
            keys = " and ".join(f"`{key}`" for key in others)
            raise wrong(f"`cron` beside {keys}", "keep one way")
        return self


_WEEKLY: dict[str, Any] = {"every": "week", "on": "monday", "at": "08:00"}


Zone = Annotated[Text, AfterValidator(fields.zone), Field(examples=["Europe/Berlin"])]
_SPAN = {"type": "string", "pattern": "^[0-9]+ ?[smhdw]$"}
Span = Annotated[
    timedelta, BeforeValidator(lambda value: duration(fields.text(value))), WithJsonSchema(_SPAN)
]


class Defaults(Fields):
    """What holds for every subscriber of the file who does not say otherwise."""

    channels: Annotated[
        list[Channel], Field(min_length=1), AfterValidator(lambda names: list(dict.fromkeys(names)))
    ] = ["email"]
    """Where digests go."""
    schedule: Annotated[ScheduleEntry, WrapValidator(fields.remembering())] = Field(
        default=ScheduleEntry(), json_schema_extra={"default": _WEEKLY}, examples=[_WEEKLY]
    )
    """When a digest is due; taken whole, not key by key."""
    timezone: Zone = "UTC"
    """IANA time zone."""
    exclude: tuple[AnyExclusion, ...] = ()
    """What rules a paper out. Exclusions of the defaults are added to each one's."""
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(fields.whole)] = 12
    """Most papers in one digest."""
    threshold: Annotated[float, Field(ge=0, le=1), BeforeValidator(fields.number)] = 0.2
    """Least relevance, 0 to 1, for a paper to be picked."""
    backfill: Span | None = Field(default=None, examples=["30d", "2w", "12h"])
    """How far back the first digest looks; left out: the period before."""
    feed_entries: Literal["papers", "digests"] = "papers"
    """What the entries of the feed are."""
    send_empty: Switch = False
    """Send a digest even if no paper was picked."""
    learn: Switch = True
    """Let verdicts on papers move the scores of papers like them."""
    revisions: Switch = False
    """Pick new versions too of papers that were announced before they were known here."""
    second_look: Switch = False
    """Pick a paper that was passed over once its upvotes have jumped, if it is half relevant."""
    comments: Gain = 0
    """What a much discussed paper gains in score; half of it with 10."""
    upvotes: Gain = 0
    """What a paper with many upvotes gains in score; half of it with 20."""
    freshness: Gain = 0
    """What a paper gains that was published on the day it came; half of it after two weeks."""


_DAY = {"type": "string", "format": "date"}
_UNTIL: dict[str, Any] = {"type": "object", "properties": {"until": _DAY}, "required": ["until"]}
_UNTIL |= {"additionalProperties": False}
Day = Annotated[date, BeforeValidator(fields.day), WithJsonSchema({"anyOf": [_DAY, _UNTIL]})]
_ADDRESS = {"type": "string", "format": "idn-email"}
Email = Annotated[Text, AfterValidator(email_address), WithJsonSchema(_ADDRESS)]


class Entry(Defaults):
    """One subscriber."""

    id: Annotated[Text, AfterValidator(fields.subscriber_id)] = Field(
        examples=["ada"], json_schema_extra={"pattern": f"^{fields.ID.pattern}$"}
    )
    """Names the subscriber in commands and files for good: lower-case letters, digits, '.', '_'
    and '-'."""
    name: Text = ""
    """As it stands in the address."""
    email: Email | None = Field(default=None, examples=["ada@example.org"])
    """The address alone; needed unless the channels are without `email`."""
    paused: Day | None = Field(default=None, examples=["2027-01-10"])
    """No digest falls due before this local day."""
    interests: Annotated[list[AnyInterest], Field(min_length=1)] = Field(
        examples=[["low-rank adaptation", {"mixture of experts": 2.5}]]
    )
    """What papers are scored by."""


class File(Fields):
    """Who gets a digest, and of what."""

    defaults: Defaults = Defaults()
    subscribers: list[Entry] = []
    """One entry a person."""


def schema_file() -> str:
    """The text of ``subscribers.schema.json``; ``python -m digest.subscribers`` prints it."""
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema = draft | File.model_json_schema(by_alias=True) | {"title": "Subscribers of digest"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
