"""What is wrong with what a procedure says about time beside its terms."""

from collections.abc import Iterator

from procedures.domain.allowances import WORKING, in_words
from procedures.domain.definition import Definition
from procedures.domain.finding import Finding, error, warning
from procedures.domain.terms import Term, TermKind


def time_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about reminders, extensions and consent by silence."""
    rules, term = definition.time_rules, definition.term
    if rules.extension is not None and not alike(rules.extension.longest, term):
        had = in_words(term)
        yield error(
            "extension_without_term",
            "/extension/longest",
            vi=f"Gia hạn phải tính cùng loại thời gian với thời hạn của thủ tục ({had.vi}).",
            en=f"An extension must be counted like the procedure's term ({had.en}).",
        )
    if rules.consent_by_silence and term.kind is TermKind.NONE:
        yield error(
            "silence_without_term",
            "/consentBySilence",
            vi="Thủ tục không có thời hạn, nên im lặng không bao giờ được coi là chấp thuận.",
            en="The procedure has no term, so silence never becomes consent.",
        )
    if rules.reminder.length and alike(rules.reminder, term) and rules.reminder.length >= term.length:
        said, had = in_words(rules.reminder), in_words(term)
        yield warning(
            "reminder_too_early",
            "/reminder",
            vi=f"Nhắc trước {said.vi}, nhưng thời hạn chỉ có {had.vi}: vừa tiếp nhận đã nhắc.",
            en=f"It reminds {said.en} ahead, but the term is {had.en}: every case is reminded of at once.",
        )


def alike(one: Term, other: Term) -> bool:
    """Whether the lengths of two terms can be compared."""
    return one.kind is other.kind or {one.kind, other.kind} <= set(WORKING)
