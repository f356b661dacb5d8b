"""Procedures and officials, sound or not, as they come."""

from decimal import Decimal
from itertools import product

from hypothesis import strategies as st

from procedures.domain.definition import END, Definition, Stage, Step, Transition
from procedures.domain.handling import Official
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import Expiry, Extension, SupplementRule, TimeRules
from shared.errors import Text

AGENCIES, UNITS, ROLES = ("H99.01", "H99.02"), ("BP_MOT_CUA", "PHONG"), ("XU_LY", "KY_DUYET")
POSTS = tuple(product(UNITS, ROLES))
WORDS = Text("Mẫu", "Sample")

terms = st.one_of(
    st.just(NO_TERM),
    st.builds(
        Term, st.just(TermKind.WORKING_DAYS), st.sampled_from([Decimal("0.5"), Decimal(2), Decimal(15)])
    ),
    st.builds(Term, st.just(TermKind.CALENDAR_DAYS), st.sampled_from([Decimal(1), Decimal(20)])),
)
time_rules = st.builds(
    TimeRules,
    reminder=terms,
    extension=st.sampled_from([None, Extension(Term(TermKind.WORKING_DAYS, Decimal(5)), 2)]),
    supplements=st.builds(
        SupplementRule,
        rounds=st.sampled_from([None, 1]),
        answer_within=terms,
        on_expiry=st.sampled_from(Expiry),
    ),
    consent_by_silence=st.booleans(),
)
officials = st.builds(
    Official,
    st.sampled_from(AGENCIES),
    st.one_of(st.just(frozenset(POSTS)), st.frozensets(st.sampled_from(POSTS), max_size=2)),
)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """A procedure of one to five steps that lead anywhere, pause and resume the clock, sound or not."""
    codes = [f"B{number}" for number in range(1, draw(st.integers(1, 5)) + 1)]
    places = st.sampled_from([*codes, END])
    stages = (Stage("1", WORDS, draw(terms)),)

    def ways(first: bool) -> tuple[Transition, ...]:
        if first or draw(st.booleans()):
            return (Transition(draw(places)),)
        return tuple(Transition(draw(places), outcome) for outcome in ("a", "b"))

    steps = tuple(
        Step(
            code,
            WORDS,
            draw(st.sampled_from(UNITS)),
            ways(code == codes[0]),
            role=draw(st.sampled_from([None, *ROLES])),
            agency=draw(st.sampled_from([None, *AGENCIES])),
            stage=draw(st.sampled_from([None, "1"])),
            allowance=draw(terms),
            pauses_clock=draw(st.booleans()),
            resumes_clock=draw(st.booleans()),
            silence_consents=draw(st.booleans()),
            exempt=code != codes[0] and draw(st.booleans()),
            decides=draw(st.sampled_from([False, False, True])),
        )
        for code in codes
    )
    return Definition(
        "MAU", WORDS, AGENCIES[0], draw(terms), codes[0], steps, stages, time_rules=draw(time_rules)
    )
