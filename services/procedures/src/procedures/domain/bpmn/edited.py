"""What was edited in a drawing since we wrote it: a value that is drawn counts more than our attribute beside it.

Our attributes say what a drawing cannot say as exactly. As long as what is drawn is what we draw for them they
count; once it is not, somebody has edited the drawing in a modelling tool, which leaves attributes as they were.
"""

from collections.abc import Callable, Mapping
from typing import Any

from procedures.domain.allowances import in_words
from procedures.domain.bpmn import names
from procedures.domain.bpmn.durations import allowance_of
from procedures.domain.bpmn.reading import Lane, Node, plain
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import Node as JsonNode
from procedures.domain.json_input import quoted
from procedures.domain.terms import Term
from shared.errors import Fault, Text

Note = Callable[[Finding], None]


def edited(identifier: str, attribute: str, drawn: Text, written: Text) -> Finding:
    """That what is drawn was taken, and not what the attribute says."""
    return warning(
        "drawn_otherwise",
        f"#{identifier}",
        vi=f"Sơ đồ ghi {drawn.vi}, còn thuộc tính {attribute} ghi {written.vi}; hình vẽ được dùng.",
        en=f"The drawing says {drawn.en}, and the attribute {attribute} {written.en}; what is drawn was taken.",
    )


def name_of(process: str, pool: Lane | None) -> str:
    """The name of a procedure: of its process, else of its pool; of a pool that was renamed since, which people see."""
    if pool is not None and (not process or (pool.renamed and process == plain(pool.own[names.DRAWN_AS]))):
        return pool.name
    return process


def allowance_drawn(timer: Node, allowance: object, note: Note) -> Any:
    """The allowance that a timer says, of a step whose attribute says `allowance`; None when it cannot be read."""
    faults: list[Fault] = []
    said = None if allowance is None else Term.read(JsonNode(allowance, "", faults))
    if faults:  # which are told where the definition is read
        return allowance
    drawn = allowance_of(timer.timer or "", said)
    if drawn is not None and said is not None and drawn != said.to_json():
        note(edited(timer.id, "motcua:allowance", in_words(Term.from_json(drawn)), in_words(said)))
    return drawn


def title_of(identifier: str, drawn: str, own: Mapping[str, str], note: Note) -> dict[str, str] | None:
    """The title of something that is named in the drawing; None where it has no name any more."""
    vi = own.get("titleVi", drawn)
    en = own.get("titleEn", vi)
    if plain(vi) != drawn:
        note(edited(identifier, "motcua:titleVi", _words(drawn), _words(vi)))
        vi, en = drawn, drawn if en == vi else en
        return {"vi": vi, "en": en} if drawn else None
    return {"vi": vi, "en": en}


def place_of(lane: Lane, note: Note) -> dict[str, str]:
    """What a lane says of the steps in it besides its name, as attributes."""
    own = {key: value for key, value in lane.own.items() if key != names.DRAWN_AS}
    if lane.renamed and (unit := own.pop("unit", None)) is not None:
        note(edited(lane.id, "motcua:unit", _words(lane.name), _words(unit)))
    return own


def _words(text: str) -> Text:
    return Text(quoted(text), quoted(text))
