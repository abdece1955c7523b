"""Which people a text names. The table has 200 texts that are easily split wrongly."""
# ruff: noqa: E501 - a row of the table is a line

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.people import split

TABLE = """
# one person, surname first
Example, Ada | Ada Example
Example, A. | A. Example
Example, A | A. Example
Example, A.B. | A. B. Example
Example, AB | A. B. Example
Example, A. B. C. | A. B. C. Example
Example, J.-P. | J.-P. Example
Example, Jean-Pierre | Jean-Pierre Example
Example, Ada Maria | Ada Maria Example
Example, Ada M. | Ada M. Example
Example, Yu. A. | Yu. A. Example
Example, Th. | Th. Example
Example,Ada | Ada Example
EXAMPLE, ADA | ADA EXAMPLE
EXAMPLE, A. | A. EXAMPLE
Example-Sample, Ada | Ada Example-Sample
García López, María | María García López
de la Cruz, María José | María José de la Cruz
van der Berg, Ada | Ada van der Berg
Berg, Ada van der | Ada van der Berg
von Example, Bob | Bob von Example
d'Example, Ada | Ada d'Example
O'Example, Ada | Ada O'Example
de Oliveira e Silva, Tomás | Tomás de Oliveira e Silva
El Example, L. | L. El Example
al Example, Omar | Omar al Example
St. Example, Ada | Ada St. Example
Nguyễn, Văn An | Văn An Nguyễn
Xu, Li | Li Xu
Łódź, Ćwiek | Ćwiek Łódź
Example, Ada, PhD | Ada Example
Example, Bob, 1954- | Bob Example
Example, Bob, 1901-1987 | Bob Example
# one person, suffixes and titles
Bob Example, Jr. | Bob Example Jr.
Bob Example, III | Bob Example III
Bob Example Jr. | Bob Example Jr.
Example, Bob, Jr. | Bob Example Jr.
Example, Jr., Bob | Bob Example Jr.
Example, B., Jr. | B. Example Jr.
Example, Bob III | Bob Example III
Dr. Ada Example | Ada Example
Prof. Ada Example | Ada Example
Ada Example, PhD | Ada Example
Ada Example, M.D., Ph.D. | Ada Example
Ada Example, MSc | Ada Example
Example, Martin Luther, Jr. | Martin Luther Example Jr.
# one person, as it is
Ada Example | Ada Example
Ada M. Example | Ada M. Example
A. Example | A. Example
A.B. Example | A.B. Example
Ada van der Berg | Ada van der Berg
Malcolm X | Malcolm X
Byron Example | Byron Example
Andy Example | Andy Example
Ferdinand Anderson | Ferdinand Anderson
Ortega y Gasset | Ortega y Gasset
José Ortega y Gasset | José Ortega y Gasset
Plato | Plato
@adaexample | @adaexample
Ada "Countess" Example | Ada "Countess" Example
# two or more, in natural order
Ada Example, Bob Sample | Ada Example; Bob Sample
Ada Example,Bob Sample | Ada Example; Bob Sample
Ada Example, Bob Sample, | Ada Example; Bob Sample
Ada Example and Bob Sample | Ada Example; Bob Sample
Ada Example & Bob Sample | Ada Example; Bob Sample
Ada Example AND Bob Sample | Ada Example; Bob Sample
Ada Example / Bob Sample | Ada Example; Bob Sample
Ada Example | Ada Example
Ada Example; Bob Sample | Ada Example; Bob Sample
Ada Example;Bob Sample;Carla Muster; | Ada Example; Bob Sample; Carla Muster
Ada Example · Bob Sample | Ada Example; Bob Sample
Ada Example • Bob Sample | Ada Example; Bob Sample
Ada Example, Bob Sample and Carla Muster | Ada Example; Bob Sample; Carla Muster
Ada Example, Bob Sample, and Carla Muster | Ada Example; Bob Sample; Carla Muster
Ada Example, Bob Sample, & Carla Muster | Ada Example; Bob Sample; Carla Muster
A. Example, B. Sample | A. Example; B. Sample
A. B. Example, C. Sample, D.-E. Muster | A. B. Example; C. Sample; D.-E. Muster
Ada Example, B. Sample | Ada Example; B. Sample
Ada M. Example, Bob N. Sample | Ada M. Example; Bob N. Sample
Ada van der Berg, Bob de Sample | Ada van der Berg; Bob de Sample
Ludwig van Example, Ada Sample | Ludwig van Example; Ada Sample
Ada Example, Jr., Bob Sample, III | Ada Example Jr.; Bob Sample III
Ada Example III, Bob Sample | Ada Example III; Bob Sample
Ada Example, PhD, Bob Sample, MD | Ada Example; Bob Sample
Ada Example, MD, PhD, and Bob Sample, MPH | Ada Example; Bob Sample
Dr. Ada Example, Prof. Bob Sample | Ada Example; Bob Sample
Ada, Bob and Carla | Ada; Bob; Carla
Ada, Bob, Carla | Ada; Bob; Carla
Example and Sample | Example; Sample
Xu Li, Wang Wei | Xu Li; Wang Wei
Sutrisno, Budi Santoso, Agus Salim | Sutrisno; Budi Santoso; Agus Salim
EXAMPLE Ada, SAMPLE Bob | EXAMPLE Ada; SAMPLE Bob
ada example, bob sample | ada example; bob sample
Ada Example und Bob Sample | Ada Example; Bob Sample
Ada Example et Bob Sample | Ada Example; Bob Sample
Ada Example y Bob Sample | Ada Example; Bob Sample
Ada Example et al. | Ada Example
Ada Example, Bob Sample et al. | Ada Example; Bob Sample
Ada Example, Bob Sample, et al | Ada Example; Bob Sample
Ada Example, Bob Sample and others | Ada Example; Bob Sample
Ada Example, Bob Sample, and 12 others | Ada Example; Bob Sample
Ada Example, Bob Sample, … | Ada Example; Bob Sample
Ada Example, ..., Bob Sample | Ada Example; Bob Sample
by Ada Example, Bob Sample | Ada Example; Bob Sample
By: Ada Example, Bob Sample | Ada Example; Bob Sample
Author(s): Ada Example, Bob Sample, and Carla Muster | Ada Example; Bob Sample; Carla Muster
Authors: Ada Example, Bob Sample | Ada Example; Bob Sample
# two or more, surname first
Example, A., Sample, B. | A. Example; B. Sample
Example, A., Sample, B. C., Muster, D. | A. Example; B. C. Sample; D. Muster
Example,A.,Sample,B. | A. Example; B. Sample
Example, A, Sample, B | A. Example; B. Sample
Example, AB, Sample, C | A. B. Example; C. Sample
EXAMPLE, A., SAMPLE, B. | A. EXAMPLE; B. SAMPLE
Example, A.-M., Sample, B.-C. | A.-M. Example; B.-C. Sample
Example, Th., Sample, Yu. A. | Th. Example; Yu. A. Sample
Example, A. & Sample, B. | A. Example; B. Sample
Example, A., & Sample, B. | A. Example; B. Sample
Example, A., Sample, B., and Muster, C. | A. Example; B. Sample; C. Muster
Example, A., Sample, B., ... Muster, C. | A. Example; B. Sample; C. Muster
van Example, A., de Sample, B. | A. van Example; B. de Sample
El Example, L., Ben Sample, A. | L. El Example; A. Ben Sample
Example, A., Jr., Sample, B. | A. Example Jr.; B. Sample
Example, A. B., Jr., Sample, B., III | A. B. Example Jr.; B. Sample III
Example-Muster, A., Sample, B. | A. Example-Muster; B. Sample
García López, M., Sample, B. | M. García López; B. Sample
Example, Ada, Sample, Bob | Ada Example; Bob Sample
Example, Ada Maria, Sample, Bob | Ada Maria Example; Bob Sample
Example, Ada; Sample, Bob | Ada Example; Bob Sample
Example, A.; Sample, B.; Muster, C. | A. Example; B. Sample; C. Muster
Example, Ada Maria; García López, José | Ada Maria Example; José García López
Example, Ada; Bob Sample | Ada Example; Bob Sample
Example, Ada and Sample, Bob | Ada Example; Bob Sample
Example, Ada and Sample, Bob and Muster, Carla | Ada Example; Bob Sample; Carla Muster
Example, Ada M. and Sample, Bob | Ada M. Example; Bob Sample
Example, Ada, and Bob Sample | Ada Example; Bob Sample
Example, Ada, Bob Sample, and Carla Muster | Ada Example; Bob Sample; Carla Muster
Example, Ada M., Bob C. Sample | Ada M. Example; Bob C. Sample
Example, A., B. Sample, and C. Muster | A. Example; B. Sample; C. Muster
Sample, B., Ada Example | B. Sample; Ada Example
Li, X., Wang, Y., Zhang, Z. | X. Li; Y. Wang; Z. Zhang
Li, X., Wang, Y., & Zhang, Z. | X. Li; Y. Wang; Z. Zhang
Example A, Sample BC, Muster D | A. Example; B. C. Sample; D. Muster
Li X, Wang Y | X. Li; Y. Wang
Example A; Sample B | A. Example; B. Sample
Example A.B., Sample C.D. | A. B. Example; C. D. Sample
van Example A, de Sample B | A. van Example; B. de Sample
Example A, Sample B, et al. | A. Example; B. Sample
Example, A., et al. | A. Example
# mailboxes, affiliations, marks
ada@example.org (Ada Example) | Ada Example
ada@example.org (Ada Example), bob@example.org (Bob Sample) | Ada Example; Bob Sample
noreply@example.org (Example, Ada) | Ada Example
Ada Example <ada@example.org> | Ada Example
Ada Example <ada@example.org>, Bob Sample <bob@example.org> | Ada Example; Bob Sample
ada@example.org Ada Example | Ada Example
Ada Example, ada@example.org | Ada Example
Ada Example (ada@example.org) | Ada Example
Ada Example (Uni X, Berlin), Bob Sample | Ada Example; Bob Sample
Ada Example (1), Bob Sample (2) ((1) Uni X, (2) Uni Y) | Ada Example; Bob Sample
Ada Example (Senior Member, IEEE), Bob Sample | Ada Example; Bob Sample
Ada Example, Member, IEEE, Bob Sample, Senior Member, IEEE | Ada Example; Bob Sample
Ada Example1,2*, Bob Sample3 | Ada Example; Bob Sample
Ada Example¹, Bob Sample² | Ada Example; Bob Sample
Ada Example*, Bob Sample† | Ada Example; Bob Sample
Ada Example[1], Bob Sample[2] | Ada Example; Bob Sample
# groups
The ATLAS Collaboration | The ATLAS Collaboration
ATLAS Collaboration, Ada Example | ATLAS Collaboration; Ada Example
Ada Example, Bob Sample, and the ATLAS Collaboration | Ada Example; Bob Sample; the ATLAS Collaboration
Ada Example on behalf of the ATLAS Collaboration | Ada Example; the ATLAS Collaboration
Ada Example for the ATLAS Collaboration | Ada Example; the ATLAS Collaboration
Bob Sample and ATLAS Collaboration | Bob Sample; ATLAS Collaboration
IceCube Collaboration and Ada Example | IceCube Collaboration; Ada Example
Example, A., Sample, B., COVID Study Group | A. Example; B. Sample; COVID Study Group
Example, A., Sample, B., on behalf of the HOPE Study Group | A. Example; B. Sample; the HOPE Study Group
Example AB, Sample CD, for the HOPE Study Group | A. B. Example; C. D. Sample; the HOPE Study Group
Example, Ada; The ATLAS Collaboration | Ada Example; The ATLAS Collaboration
Food and Drug Administration | Food and Drug Administration
Centers for Disease Control and Prevention | Centers for Disease Control and Prevention
Ada Example, Centers for Disease Control and Prevention | Ada Example; Centers for Disease Control and Prevention
Health and Ageing Study Group | Health and Ageing Study Group
Ada Example, Bob Sample, The Health and Ageing Study Group | Ada Example; Bob Sample; The Health and Ageing Study Group
Ada Example and the Health and Ageing Study Group | Ada Example; the Health and Ageing Study Group
The Diabetes, Obesity and Nutrition Study Group | The Diabetes, Obesity and Nutrition Study Group
International Consortium for Health, Wealth, and Happiness | International Consortium for Health, Wealth, and Happiness
Department of Physics, University of X | Department of Physics, University of X
Institute of Physics and Technology | Institute of Physics and Technology
The Editors and Ada Example | The Editors; Ada Example
Editorial Board | Editorial Board
# several scripts
张三, 李四 | 张三; 李四
张三，李四，王五 | 张三; 李四; 王五
张三、李四 | 张三; 李四
张三；李四 | 张三; 李四
王, 小明 | 王小明
佐藤 花子, 鈴木 一郎 | 佐藤 花子; 鈴木 一郎
김철수, 이영희 | 김철수; 이영희
Иванов, И. И., Петров, П. П. | И. И. Иванов; П. П. Петров
Иванов И.И., Петров П.П. | И. И. Иванов; П. П. Петров
Иванов, Иван | Иван Иванов
Иван Иванов и Пётр Петров | Иван Иванов; Пётр Петров
Παπαδόπουλος, Γ., Example, A. | Γ. Παπαδόπουλος; A. Example
محمد علي، أحمد حسن | محمد علي; أحمد حسن
"""
# Texts that name nobody.
NOBODY = [
    "",
    " ",
    "...",
    "ada@example.org",
    "Anonymous",
    "unknown",
    "[No authors listed]",
    ",;",
    "42",
]


def rows() -> list[tuple[str, str]]:
    lines = [line for line in TABLE.splitlines() if line and not line.startswith("#")]
    return [(text, names) for text, _, names in (line.rpartition(" | ") for line in lines)]


def test_the_table_has_two_hundred_texts() -> None:
    assert len({text for text, _ in rows()} | set(NOBODY)) >= 200


@pytest.mark.parametrize(("text", "names"), rows())
def test_the_people_that_a_text_names(text: str, names: str) -> None:
    assert "; ".join(split(text)) == names


@pytest.mark.parametrize("text", NOBODY)
def test_texts_that_name_nobody(text: str) -> None:
    assert split(text) == []


@pytest.mark.parametrize(
    "text",
    ["Ada Example\nBob Sample", "\n\tAda Example\n\tBob Sample\n", "Ada Example,\nBob Sample"],
)
def test_lines_of_names(text: str) -> None:
    assert split(text) == ["Ada Example", "Bob Sample"]


def test_a_name_may_run_over_two_lines_beside_others() -> None:
    assert split("Ada Example, Bob\nSample and Carla Muster")[1] == "Bob Sample"


def test_three_thousand_authors() -> None:
    assert len(split(", ".join(f"A. Example{chr(97 + n % 26)}" for n in range(3000)))) == 3000


@given(st.text(st.sampled_from("AaBb.,;& ()@-é王'1\n") | st.characters(), max_size=80))
def test_any_text_names_whole_people(text: str) -> None:
    assert all(name and name == name.strip() and "\n" not in name for name in split(text))
