"""Papers × interests → scores and reasons. Pure and deterministic; see docs/ranking.md."""

from digest.ranking.scoring import Ranking, Scored

__all__ = ["Ranking", "Scored"]
