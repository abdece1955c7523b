"""Make ``digest/ranking/pieces.npz``, the word pieces that ``digest.ranking.meaning`` reads.

usage: python -m benchmarks.make_pieces WORDLLAMA

WORDLLAMA is the unpacked wheel of wordllama (https://pypi.org/project/wordllama, MIT); the packages
``safetensors`` and ``tokenizers`` have to be installed. Of its tokens, those of small letters and
digits are kept, with the first 64 dimensions of their vectors (they were trained so that the first
ones tell most), and moved so that the words of ``related.txt`` lie around the origin. ``middle`` is
the mean direction of its lines: what all texts of the field have in common.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file  # type: ignore[import-not-found, unused-ignore]  # only here
from tokenizers import Tokenizer  # type: ignore[import-not-found, unused-ignore]  # only here

from digest.ranking.meaning import START, pieces_of
from digest.ranking.topics import topics
from digest.text.stems import stem

DIMENSIONS = 64
KEPT = re.compile(rf"{START}?[a-z]+|{START}?[a-z0-9]")
TARGET = Path(__file__).parent.parent / "digest" / "ranking" / "pieces.npz"


def main() -> None:
    """Make the table from the wheel in the folder that is named."""
    folder = Path(sys.argv[1]) / "wordllama"
    tokenizer = Tokenizer.from_file(str(next((folder / "tokenizers").glob("*.json"))))
    (weights,) = load_file(next((folder / "weights").glob("*.safetensors"))).values()
    tokens = {token.replace("▁", START): number for token, number in tokenizer.get_vocab().items()}
    kept = sorted(token for token in tokens if KEPT.fullmatch(token))
    vectors = weights[[tokens[token] for token in kept], :DIMENSIONS].astype(np.float64)
    number = {piece: at for at, piece in enumerate(kept)}
    lines = [
        [stem(form) for phrase in (*names, *members) for form in phrase]
        for names, members in topics()
    ]
    means = {
        word: vectors[list(pieces_of(word, number))].mean(axis=0)
        for line in lines
        for word in line
        if word and pieces_of(word, number)
    }
    centre = np.mean([means[word] for word in sorted(means)], axis=0)
    vectors -= centre
    texts = [sum(means[word] - centre for word in line if word in means) for line in lines]
    middle = np.mean([text / np.linalg.norm(text) for text in texts if np.any(text)], axis=0)
    scale = float(np.abs(vectors).max()) / 127
    np.savez_compressed(
        TARGET,
        pieces=np.frombuffer("\n".join(kept).encode("ascii"), dtype=np.uint8),
        vectors=np.rint(vectors / scale).astype(np.int8),
        middle=middle.astype(np.float32),
    )
    print(f"{len(kept):,} pieces of {DIMENSIONS} dimensions: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
