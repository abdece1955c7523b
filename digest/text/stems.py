"""Stems of words, and the words that say nothing by themselves."""

from functools import lru_cache

import Stemmer  # type: ignore[import-not-found]  # it ships no types

_stemmer = Stemmer.Stemmer("english")
_SAYS_NOTHING = frozenset(
    """
    about above across after again against all almost alone along already also although always among
    an and another any are around as at be became because become been before behind being below
    between beyond both but by can cannot could did do does done down during each either else enough
    even ever every few for from further get had has have he hence her here him his how however if
    in indeed into is it its itself just least less made many may me might more moreover most much
    must my namely neither never nevertheless no none nor not nothing now of off often on once one
    only onto or other otherwise our out over own per perhaps rather same several she should since
    so some somehow such than that the their them then there therefore these they this those though
    through throughout thus to together too toward under until up upon us very via was we well were
    what when where whereas whether which while who whole whose why will with within without would
    yet you your
    """.split()  # noqa: SIM905 — words are read more easily than a list of strings
)


@lru_cache(maxsize=200_000)
def stem(form: str) -> str:
    """Porter2 stem of a word's form; "" for a word that says nothing, as ``the``."""
    if form in _SAYS_NOTHING or (len(form) == 1 and form.isascii() and form.isalpha()):
        return ""
    return str(_stemmer.stemWord(form))
