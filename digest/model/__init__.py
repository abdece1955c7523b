"""The domain types: frozen values without I/O. A date is a local calendar date; a datetime is
timezone-aware and in UTC. Scores and contributions are multiples of 0.0001 between 0 and 1."""

from digest.model.deliveries import (
    Claim,
    CommitAll,
    DeliveryRow,
    FeedReader,
    Message,
    Outcome,
    Publication,
    Refusal,
    State,
)
from digest.model.digests import (
    Coverage,
    Decided,
    Decision,
    Digest,
    DumpSeen,
    LeftOut,
    Period,
    Pick,
    Reason,
    Skip,
    SkipReason,
    Via,
    Why,
)
from digest.model.identifiers import (
    Channel,
    DeliveryId,
    DumpHash,
    PaperId,
    PaperKey,
    Problem,
    SubscriberId,
)
from digest.model.links import abstract_page, is_pdf, pdf_link
from digest.model.papers import (
    PART,
    Dump,
    FileStamp,
    Former,
    Match,
    Matcher,
    Opinion,
    Paper,
    Record,
    SecondLook,
    Standing,
    Verdict,
    Verdicts,
)
from digest.model.sources import (
    Alarm,
    Expect,
    Expected,
    Fault,
    Missing,
    Pages,
    PageSeen,
    PageState,
    Source,
    SourceKind,
    SourceState,
    is_expected,
)
from digest.model.subscribers import (
    EVERYBODY,
    Interest,
    InterestKind,
    Origin,
    Place,
    Profile,
    Schedule,
    Shard,
    StoredSubscriber,
    Subscriber,
)

__all__ = [
    "EVERYBODY", "PART",
    "Alarm", "Channel", "Claim", "CommitAll", "Coverage", "Decided", "Decision", "DeliveryId",
    "DeliveryRow", "Digest", "Dump", "DumpHash", "DumpSeen", "Expect", "Expected", "Fault",
    "FeedReader", "FileStamp", "Former", "Interest", "InterestKind", "LeftOut", "Match", "Matcher",
    "Message", "Missing", "Opinion", "Origin", "Outcome",
    "PageSeen", "PageState", "Pages", "Paper", "PaperId", "PaperKey", "Period", "Pick", "Place",
    "Problem", "Profile", "Publication", "Reason", "Record", "Refusal", "Schedule",
    "SecondLook", "Shard", "Skip", "SkipReason", "Source", "SourceKind", "SourceState", "Standing",
    "State", "StoredSubscriber", "Subscriber", "SubscriberId", "Verdict", "Verdicts", "Via",
    "Why", "abstract_page", "is_expected", "is_pdf", "pdf_link",
]  # fmt: skip
