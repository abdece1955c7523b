"""Papers × interests → scores and reasons. Pure and deterministic; see docs/ranking.md."""

from digest.ranking.corpus import Corpus
from digest.ranking.scoring import Ranking, Scored

__all__ = ["Corpus", "Ranking", "Scored"]
