"""What the categories of arXiv are about, in words that titles and abstracts have."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

SUBJECTS: dict[str, tuple[str, ...]] = {
    "astro-ph": ("astrophysics",),
    "cond-mat": ("condensed matter",),
    "cs.AI": ("artificial intelligence", "reasoning", "planning"),
    "cs.AR": ("hardware accelerator", "computer architecture"),
    "cs.CL": ("language models", "natural language processing", "machine translation"),
    "cs.CR": ("security", "privacy", "cryptography"),
    "cs.CV": ("computer vision", "image", "segmentation"),
    "cs.CY": ("society", "ethics"),
    "cs.DB": ("database", "query processing"),
    "cs.DC": ("distributed computing", "parallel computing"),
    "cs.DS": ("data structure", "approximation algorithm"),
    "cs.GT": ("game theory", "mechanism design"),
    "cs.HC": ("human-computer interaction", "user study"),
    "cs.IR": ("information retrieval", "recommendation"),
    "cs.IT": ("information theory",),
    "cs.LG": ("machine learning", "neural networks", "deep learning"),
    "cs.MA": ("multi-agent",),
    "cs.NE": ("evolutionary algorithm", "spiking neural network"),
    "cs.NI": ("network protocol", "wireless network"),
    "cs.PL": ("programming language", "compiler"),
    "cs.RO": ("robot", "manipulation"),
    "cs.SD": ("audio", "speech"),
    "cs.SE": ("software engineering", "code generation"),
    "econ.EM": ("econometrics",),
    "eess.AS": ("speech", "audio"),
    "eess.IV": ("medical imaging", "image reconstruction"),
    "eess.SP": ("signal processing",),
    "eess.SY": ("control system",),
    "math.OC": ("optimization",),
    "math.ST": ("statistics",),
    "physics": ("physics",),
    "q-bio": ("biology",),
    "q-fin": ("finance",),
    "quant-ph": ("quantum",),
    "stat.ME": ("statistical method",),
    "stat.ML": ("machine learning", "Bayesian"),
}


def interests(categories: Sequence[str]) -> list[Any]:
    """Interests in these categories. A category alone tells little, so it weighs less than what it
    is about; the latter also finds papers of sources that state no category."""
    named = [{"category": category, "weight": 0.5} for category in categories]
    about = (SUBJECTS.get(one, SUBJECTS.get(one.partition(".")[0], ())) for one in categories)
    return [*named, *dict.fromkeys(chain.from_iterable(about))]
