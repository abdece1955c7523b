"""Papers × interests → scores and reasons. Pure and deterministic; see docs/ranking.md."""

from digest.ranking.block import Block
from digest.ranking.corpus import Corpus
from digest.ranking.scoring import Ranking, Scored

__all__ = ["Block", "Corpus", "Ranking", "Scored"]
