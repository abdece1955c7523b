"""Which labels are categories of arXiv."""

from __future__ import annotations

import pytest

from digest.text.subjects import is_arxiv_category

OF_ARXIV = """
astro-ph.CO astro-ph.EP astro-ph.GA astro-ph.HE astro-ph.IM astro-ph.SR cond-mat.dis-nn
cond-mat.mes-hall cond-mat.mtrl-sci cond-mat.other cond-mat.quant-gas cond-mat.soft
cond-mat.stat-mech cond-mat.str-el cond-mat.supr-con cs.AI cs.LG econ.EM eess.SY gr-qc hep-ex
hep-lat hep-ph hep-th math-ph math.AG nlin.AO nlin.CD nlin.CG nlin.PS nlin.SI nucl-ex nucl-th
physics.acc-ph physics.ao-ph physics.app-ph physics.atm-clus physics.atom-ph physics.bio-ph
physics.chem-ph physics.class-ph physics.comp-ph physics.data-an physics.ed-ph physics.flu-dyn
physics.gen-ph physics.geo-ph physics.hist-ph physics.ins-det physics.med-ph physics.optics
physics.plasm-ph physics.pop-ph physics.soc-ph physics.space-ph q-bio.NC q-fin.ST quant-ph stat.ML
"""


@pytest.mark.parametrize("code", OF_ARXIV.split())
def test_a_code_of_arxiv_is_known(code: str) -> None:
    assert is_arxiv_category(code)


@pytest.mark.parametrize("label", ["physics.org", "optics", "soft matter", "e.g.", "cs", "CS.LG"])
def test_anything_else_is_none(label: str) -> None:
    assert not is_arxiv_category(label)
