"""Made-up papers, interests and readers: the same ones for the same numbers, on every machine.

Interests are phrases of two words, and papers speak of them; some phrases are frequent, most are
rare. Abstracts have some 180 words, and a digest of six interests about ten picks.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, islice
from pathlib import Path

PHRASES = 12  # those that an abstract speaks of
EACH = 6  # interests of a reader

_FIRST = """
adaptive adversarial aerial approximate asynchronous attentive autonomous auxiliary bayesian
bilingual biomedical bounded calibrated causal cellular chemical clinical coarse cognitive
collaborative compact competitive compositional compressed conditional conformal constrained
contextual continual continuous contrastive convex cooperative counterfactual cryptic curated
decentralised deep defensive deformable dense depthwise differentiable discrete distributed diverse
dual dynamic efficient elastic embodied emotional encrypted equivariant ethical evolutionary
explainable extreme factored fair federated financial fluid formal frozen fused fuzzy generative
genomic geometric geospatial gradual grounded hardware harmonic heterogeneous hierarchical
holistic human hybrid hyperbolic implicit incremental industrial inductive infrared interactive
interpretable invariant inverse iterative joint kernel latent layered legal lexical lifelong
lightweight linear local logical marine masked mechanical medical metabolic minimal mobile modular
molecular multilingual multimodal multiscale musical narrative neural noisy nonlinear nested
numerical oblique offline online optical optimal orbital panoramic parallel partial passive
periodic personal photonic planar policy polar pretrained private probabilistic procedural
prompted proximal pruned quantised quantum radial random rational recurrent recursive regularised
relational relative remote residual resilient robotic robust rotational scalable scientific seismic
selective semantic sequential shallow silent social sparse spatial spectral spherical stable
statistical stochastic structured submodular supervised symbolic syntactic synthetic tabular
temporal tensor textual thermal topological transferable tropical unbiased universal urban
variational visual volumetric weighted
"""
_SECOND = """
abstraction acoustics alignment allocation annotation anomalies antennas architectures argumentation
attention attribution auctions augmentation authentication backpropagation bandits batteries
benchmarks biology captioning catalysts chromatin circuits classification clustering coding
cognition collisions compilers compression contracts controllers convergence corpora coverage
cryptography curricula decoding deduplication defences denoising depth diagnosis dialogue diffusion
dispatch distillation drones ecosystems editing elections embeddings emissions encoders energy
ensembles entailment epidemics estimation evaluation exploration factorisation feedback filters
finance flows forecasting forests games gestures grammars graphs grasping hallucination hashing
histology imaging imitation imputation indexing inference instructions interpolation kernels
knowledge labels landmarks lattices learning lesions lighting localisation logics manifolds
manipulation maps markets materials matrices measurement memory meshes metrics microscopy mixtures
mobility modelling motion navigation networks normalisation ontologies optics optimisation
orchestration paraphrasing parsing patents pathways perception permutations personas phonemes
planning plasma policies pooling portfolios preferences privacy processes prompts pronunciation
proofs proteins protocols queries questions radar ranking reasoning recommendation reconstruction
rendering repair representations retrieval rewards roads robots routing sampling satellites
scheduling segmentation sensors sentiment signals simulation skeletons speech splines stability
storage summarisation surfaces surgery synthesis taxonomies telescopes tokens tracking traffic
transcription translation turbulence unlearning vehicles vocabularies voices weather workflows
"""
_SENTENCES = (
    "We study {p} and ask how far {p} can be trusted when {w} and {w} change over time.",
    "Earlier work on {p} relies on {w}, so that {w} {w} remain costly on long {w}.",
    "We propose a method that joins {p} with {p} and needs neither {w} nor a second {w}.",
    "Its {w} follows from a simple {w} whose parts are trained together on {n} thousand {w}.",
    "A {w} analysis shows that {p} fails mostly where {w} {w} are missing or of low {w}.",
    "On {n} public collections it improves {p} by {n} points over a strong {w} at equal {w}.",
    "Compared with {p}, the {w} falls by {n} percent while {w} and {w} stay as they were.",
    "Ablations tell that {p} contributes most, and that {p} matters only with enough {w}.",
    "We also report where it does not help: on short {w}, on {w} {w}, and for {p}.",
    "Code, {w} and the {w} of all {n} experiments are published with the paper.",
)
_WORDS = """
baseline budget accuracy latency throughput variance gradient sample batch layer parameter module
pipeline dataset annotation prior assumption guarantee bound estimate error margin score threshold
sequence document sentence image video region object scene agent task goal environment trajectory
demonstration expert teacher student domain shift setting scenario user patient device cluster node
edge message update round schedule step horizon window cache lookup index query answer explanation
evidence claim citation author reviewer survey protocol checkpoint objective loss constraint penalty
regulariser noise perturbation attack defence audit policy rule rate ratio frequency amplitude phase
resolution scale depth width length memory bandwidth energy cost price demand supply forecast trend
season region language dialect script token phrase term concept category label class hierarchy
template pattern motif structure fragment surface boundary interface channel filter response
stimulus signal sensor camera microphone instrument laboratory trial cohort group control treatment
outcome effect mechanism pathway cell tissue organ molecule residue bond reaction catalyst solvent
"""


@cache
def phrases(count: int) -> tuple[str, ...]:
    """So many different interests, the frequent ones first.

    Raises:
        ValueError: There are not so many.
    """
    first, second = sorted(set(_FIRST.split())), sorted(set(_SECOND.split()))
    if count > len(first) * len(second):
        raise ValueError(f"at most {len(first) * len(second):,} interests can be made up")
    chance = random.Random(11)
    pairs = chance.sample(range(len(first) * len(second)), count)
    return tuple(f"{first[at // len(second)]} {second[at % len(second)]}" for at in pairs)


def papers(count: int, interests: int, *, given: Path | None = None) -> Iterator[dict[str, str]]:
    """Papers as an inbox file lists them; ``given``: those of a file, as far as it has enough."""
    if given is not None:
        yield from islice(_read(given), count)
        return
    chance = random.Random(13)
    known = phrases(interests)
    # How often a phrase is spoken of falls slowly with its place.
    chances = list(accumulate(1 / (at + 20) ** 0.5 for at in range(len(known))))
    words = _WORDS.split()
    for number in range(count):
        spoken = chance.choices(known, cum_weights=chances, k=PHRASES)
        yield {
            "title": _title(spoken, words, chance),
            "abstract": _abstract(spoken, words, chance),
            "url": f"https://papers.example.org/{number}",
            "published": "2026-03-14",
        }


def _title(spoken: Sequence[str], words: Sequence[str], chance: random.Random) -> str:
    one, other = chance.sample(spoken, 2)
    a, b, c = chance.sample(words, 3)
    form = chance.choice(("{} for {} without {} {} {}", "{} meets {}: the {} of {} and {}"))
    return form.format(one, other, a, b, c).capitalize()


def _abstract(spoken: Sequence[str], words: Sequence[str], chance: random.Random) -> str:
    """Ten sentences, and the phrases in them."""
    rest = iter([*spoken, *spoken])
    sentences = []
    for sentence in chance.sample(_SENTENCES, len(_SENTENCES)):
        parts = sentence.split("{")
        for at, part in enumerate(parts[1:], 1):
            kind, _, after = part.partition("}")
            if kind == "p":
                filled = next(rest)
            else:
                filled = chance.choice(words) if kind == "w" else str(chance.randint(2, 99))
            parts[at] = filled + after
        sentences.append("".join(parts))
    return " ".join(sentences)


def _read(path: Path) -> Iterator[dict[str, str]]:
    """The titles and abstracts of a file of JSON Lines, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            row = json.loads(line)
            yield {
                "title": row["title"],
                "abstract": row["abstract"],
                "url": f"https://papers.example.org/{number}",
                "published": "2026-03-14",
            }


def people(
    count: int, interests: int, channels: Sequence[str], *, on: str = "monday", limit: int = 12
) -> Iterator[dict[str, object]]:
    """Readers as `digest subscribers import` reads them, one a line."""
    chance = random.Random(17)
    known = phrases(interests)
    for number in range(count):
        yield {
            "id": f"r{number}",
            "name": f"Reader {number}",
            "email": f"r{number}@example.org",
            "channels": list(channels),
            "interests": chance.sample(known, EACH),
            "limit": limit,
            "threshold": 0.1,
            "schedule": {"every": "week", "on": on, "at": "08:00"},
        }
