"""Papers × interests → scores and reasons. Pure and deterministic; see docs/ranking.md."""

from digest.ranking.background import Background
from digest.ranking.scoring import Ranking, Scored

__all__ = ["Background", "Ranking", "Scored"]
