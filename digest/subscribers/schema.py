"""The shape of ``subscribers.yaml`` as pydantic models; its JSON schema comes from them, too."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from digest.config.fields import duration, email_address
from digest.config.messages import did_you_mean, quoted, wrong
from digest.model import Channel
from digest.subscribers import fields
from digest.subscribers.fields import FORM
from digest.subscribers.yaml_document import Plain

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Fields(BaseModel):
    """A mapping with fixed keys; a key without a value counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {k: v for k, v in data.items() if not (isinstance(v, Plain) and v.value is None)}


Text = Annotated[str, BeforeValidator(fields.text)]
Phrase = Annotated[Text, AfterValidator(fields.phrase), BeforeValidator(fields.without_control)]
Name = Annotated[Text, AfterValidator(fields.name)]
Weight = Annotated[
    float, Field(ge=fields.LIGHTEST, le=fields.HEAVIEST), BeforeValidator(fields.weight)
]
Gain = Annotated[float, Field(ge=0, le=0.5), BeforeValidator(fields.number)]
Place = Annotated[
    Literal["title", "abstract"] | None, Field(description="Where it must stand; left out: either.")
]
MustSee = Annotated[
    bool,
    BeforeValidator(fields.switch),
    Field(description="Put every paper that holds it in the digest, whatever its score and rank."),
]


class Match(Fields):
    """A phrase or pattern with the place where it must stand."""

    match: Phrase = Field(
        description="A word or phrase; or between slashes a pattern of Python's `re`, for which "
        "case never matters. Put a pattern in single quotes where it has a backslash.",
        examples=["scaling law", "/scaling laws?/"],
    )
    place: Place = Field(default=None, alias="in")
    weight: Weight = Field(default=1, description="How much it counts; 1 is usual.")
    must_see: MustSee = False


class Author(Fields):
    """An author of the paper."""

    author: Name = Field(description="The name as papers give it.", examples=["Yann LeCun"])
    weight: Weight = Field(default=1, description="How much it counts; 1 is usual.")
    must_see: MustSee = False


class MatchExclusion(Fields):
    """A phrase or pattern that rules a paper out."""

    match: Phrase = Field(description="A word or phrase, or a pattern between slashes.")
    place: Place = Field(default=None, alias="in")


class AuthorExclusion(Fields):
    """An author whose papers are ruled out."""

    author: Name = Field(description="The name as papers give it.")


_PHRASE_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "number"],
        "description": "A word or phrase, weight 1; or a pattern between slashes.",
        "examples": ["low-rank adaptation"],
    }
)
_FORMS = {
    "custom_error_type": "wrong",
    "custom_error_message": "{what}",
    "custom_error_context": {
        "what": "a list where an interest should be",
        "remedy": "write a phrase, `phrase: weight`, {match: …} or {author: …}",
    },
}

Weighted = Annotated[
    dict[Phrase, Weight],
    Field(min_length=1, max_length=1, description="`phrase: weight`", examples=[{"LoRA": 2.5}]),
    BeforeValidator(fields.weighted_phrase),
]
AnyInterest = Annotated[
    Annotated[Phrase, _PHRASE_SCHEMA, Tag(f"{FORM}phrase")]
    | Annotated[Weighted, Tag(f"{FORM}weighted")]
    | Annotated[Match, Tag(f"{FORM}match")]
    | Annotated[Author, Tag(f"{FORM}author")],
    Discriminator(fields.interest_form, **_FORMS),
]
AnyExclusion = Annotated[
    Annotated[Phrase, _PHRASE_SCHEMA, Tag(f"{FORM}phrase")]
    | Annotated[MatchExclusion, Tag(f"{FORM}match")]
    | Annotated[AuthorExclusion, Tag(f"{FORM}author")],
    Discriminator(fields.interest_form, **_FORMS),
    BeforeValidator(fields.exclusion),
]


class ScheduleEntry(Fields):
    """When a digest is due, in the subscriber's time zone; `every` and so on, or only `cron`."""

    every: Literal["day", "weekday", "week", "month"] = Field(
        default="week", description="`weekday` is Monday to Friday."
    )
    on: Annotated[
        int | None,
        WithJsonSchema(
            {
                "description": "`week`: a day's name, monday if left out. `month`: a day from 1 "
                "to 31 (or the month's last), 1 if left out.",
                "anyOf": [
                    {"enum": list(WEEKDAYS)},
                    {"type": "integer", "minimum": 1, "maximum": 31},
                ],
            }
        ),
    ] = None
    at: Annotated[
        time,
        BeforeValidator(fields.clock_time),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$",
                "default": "08:00",
                "description": "Local time.",
            }
        ),
    ] = time(8)
    cron: Annotated[Text, AfterValidator(fields.cron_expression)] | None = Field(
        default=None,
        description="Five cron fields. A digest stands for the day before, so one a day at most.",
        examples=["0 8 * * 1"],
    )

    @field_validator("on", mode="before")
    @classmethod
    def _day(cls, value: object, info: ValidationInfo) -> int | None:
        match info.data.get("every"):
            case "week":
                name = str(value).casefold()
                for number, day in enumerate(WEEKDAYS, 1):
                    if name in (day, day[:3]):
                        return number
                otherwise = "write monday, tuesday, …"
                raise wrong(
                    f"{quoted(value)} is not a weekday", did_you_mean(name, WEEKDAYS, otherwise)
                )
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
    def _cron_alone(self) -> ScheduleEntry:
        others = self.model_fields_set - {"cron"}
        if self.cron is not None and others:
            raise wrong(
                f"`cron` beside {' and '.join(f'`{key}`' for key in sorted(others))}",
                "keep one way",
            )
        return self


class Defaults(Fields):
    """What holds for every subscriber of the file who does not say otherwise."""

    channels: Annotated[
        list[Channel], Field(min_length=1), AfterValidator(lambda names: list(dict.fromkeys(names)))
    ] = Field(default=["email"], description="Where digests go.")
    schedule: ScheduleEntry = Field(
        default=ScheduleEntry(),
        description="When a digest is due; taken whole, not key by key.",
        json_schema_extra={"default": {"every": "week", "on": "monday", "at": "08:00"}},
        examples=[{"every": "week", "on": "monday", "at": "08:00"}],
    )
    timezone: Annotated[Text, AfterValidator(fields.zone)] = Field(
        default="UTC", description="IANA time zone.", examples=["Europe/Berlin"]
    )
    exclude: list[AnyExclusion] = Field(
        default=[],
        description="What rules a paper out. Exclusions of the defaults are added to each one's.",
    )
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(fields.whole)] = Field(
        default=12, description="Most papers in one digest."
    )
    threshold: Annotated[float, Field(ge=0, le=1), BeforeValidator(fields.number)] = Field(
        default=0.2, description="Least relevance, 0 to 1, for a paper to be picked."
    )
    backfill: (
        Annotated[
            timedelta,
            BeforeValidator(lambda value: duration(fields.text(value))),
            WithJsonSchema({"type": "string", "pattern": "^[0-9]+ ?[smhdw]$"}),
        ]
        | None
    ) = Field(
        default=None,
        description="How far back the first digest looks; left out: the period before.",
        examples=["30d", "2w", "12h"],
    )
    feed_entries: Literal["papers", "digests"] = Field(
        default="papers", description="What the entries of the feed are."
    )
    send_empty: Annotated[bool, BeforeValidator(fields.switch)] = Field(
        default=False, description="Send a digest even if no paper was picked."
    )
    learn: Annotated[bool, BeforeValidator(fields.switch)] = Field(
        default=True,
        description="Let verdicts on papers move the scores of papers like them.",
    )
    comments: Gain = Field(
        default=0, description="What a much discussed paper gains in score; half of it with 10."
    )
    freshness: Gain = Field(
        default=0,
        description="What a paper gains that was published on the day it came; half of it after "
        "two weeks.",
    )


_DAY = {"type": "string", "format": "date"}
_PAUSED_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            _DAY,
            {
                "type": "object",
                "properties": {"until": _DAY},
                "required": ["until"],
                "additionalProperties": False,
            },
        ]
    }
)


class Entry(Defaults):
    """One subscriber."""

    id: Annotated[Text, AfterValidator(fields.subscriber_id)] = Field(
        description="Names the subscriber in commands and files for good: lower-case letters, "
        "digits, '.', '_' and '-'.",
        examples=["ada"],
        json_schema_extra={"pattern": f"^{fields.ID.pattern}$"},
    )
    name: Text = Field(default="", description="As it stands in the address.")
    email: (
        Annotated[
            Text,
            AfterValidator(email_address),
            WithJsonSchema({"type": "string", "format": "idn-email"}),
        ]
        | None
    ) = Field(
        default=None,
        description="The address alone; needed unless the channels are without `email`.",
        examples=["ada@example.org"],
    )
    paused: Annotated[date, BeforeValidator(fields.day), _PAUSED_SCHEMA] | None = Field(
        default=None,
        description="No digest falls due before this local day.",
        examples=["2027-01-10"],
    )
    interests: Annotated[list[AnyInterest], Field(min_length=1)] = Field(
        description="What papers are scored by.",
        examples=[["low-rank adaptation", {"mixture of experts": 2.5}]],
    )


class File(Fields):
    """Who gets a digest, and of what."""

    defaults: Defaults = Defaults()
    subscribers: list[Entry] = Field(default=[], description="One entry a person.")


def schema() -> dict[str, Any]:
    """The JSON schema of a profile file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **File.model_json_schema(by_alias=True),
        "title": "Subscribers of digest",
    }
