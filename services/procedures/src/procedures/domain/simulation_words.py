"""The runs of a simulation in sentences, in the agency's local time."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from procedures.domain.allowances import duration_in_words
from procedures.domain.automation import AppliedRule
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Outcome
from procedures.domain.clock import STOP_TEXT
from procedures.domain.fees import CaseFee
from procedures.domain.happenings import DeadEnd, Happening, Opened, Run
from procedures.domain.json_input import quoted
from procedures.domain.simulation import Simulation
from shared.errors import Text

_DONE = {
    "submitted": Text("hồ sơ được nộp", "the case is submitted"),
    "accepted": Text("hồ sơ được tiếp nhận, thời hạn bắt đầu", "the case is accepted and its term begins"),
    "decided": Text("hồ sơ có quyết định giải quyết", "the case is decided"),
    "granted_by_silence": Text(
        "không ai trả lời trong thời hạn nên coi như chấp thuận", "nobody answered in time, which is a grant"
    ),
    "supplement_requested": Text(
        "người nộp được yêu cầu bổ sung hồ sơ", "the applicant is asked for what is missing"
    ),
    "supplemented": Text("người nộp đã bổ sung hồ sơ", "the applicant has brought what was asked for"),
    "supplement_reminded": Text(
        "nhắc người nộp sắp hết hạn bổ sung hồ sơ",
        "a reminder that the time to bring what is missing ends soon",
    ),
    "supplement_expired": Text(
        "hồ sơ không được bổ sung đúng hạn", "what was asked for was not brought in time"
    ),
    "extended": Text("thời hạn được gia hạn", "the term is extended"),
    "reminded": Text("nhắc sắp đến hạn trả lời", "a reminder that the answer is due soon"),
    "became_overdue": Text("quá hạn trả lời", "the answer is overdue"),
    "lapsed": Text("hồ sơ hết hiệu lực", "the case lapses"),
    "closed": Text("kết quả được trả, hồ sơ kết thúc", "the result is handed over and the case is closed"),
}


def happening_in_words(happening: Happening, calendar: WorkingCalendar) -> Text:
    """What happens, how late, and what opens with it."""
    said = [
        _what(happening),
        *_until(happening, calendar),
        *_late(happening),
        *_opens(happening, calendar),
        *_stands(happening),
    ]
    at = _local(happening.at, calendar)
    return Text(
        vi=f"{at.vi}: {'; '.join(part.vi for part in said)}.",
        en=f"{at.en}: {'; '.join(part.en for part in said)}.",
    )


def run_in_words(run: Run, calendar: WorkingCalendar) -> Text:
    """How a run ends."""
    if run.dead_end is not None:
        return dead_end_in_words(run.dead_end)
    if run.decided_at is None:
        assert run.ended_at is not None
        ended = _local(run.ended_at, calendar)
        return Text(
            vi=f"Xong mà không có quyết định: hồ sơ hết hiệu lực lúc {ended.vi}.",
            en=f"It comes to its end undecided: the case lapses at {ended.en}.",
        )
    decided = _local(run.decided_at, calendar)
    if run.due_at is None:
        return Text(
            vi=f"Xong; quyết định lúc {decided.vi}, không có thời hạn.",
            en=f"It comes to its end; decided at {decided.en}, without a term.",
        )
    due = _local(run.due_at, calendar)
    how = Text("đúng hạn", "in time") if run.on_time else Text("quá hạn", "late")
    return Text(
        vi=f"Xong; quyết định lúc {decided.vi}, {how.vi} (hạn {due.vi}).",
        en=f"It comes to its end; decided at {decided.en}, {how.en} (due at {due.en}).",
    )


def dead_end_in_words(dead_end: DeadEnd) -> Text:
    """Why a run did not come to its end, and where."""
    steps = ", ".join(dead_end.steps)
    return Text(
        vi=f"Mắc lại ở {steps}: {dead_end.reason.vi}", en=f"It hangs at {steps}: {dead_end.reason.en}"
    )


def simulation_in_words(simulation: Simulation) -> Text:
    """How many runs there were, and what came of them."""
    runs = simulation.runs
    stuck = sum(run.dead_end is not None for run in runs)
    late = sum(run.on_time is False for run in runs)
    vi = f"{len(runs)} lượt chạy: {stuck} bị mắc lại, {late} quá hạn."
    en = f"{len(runs)} run{'' if len(runs) == 1 else 's'}: {stuck} without an end, {late} late."
    if not simulation.complete:
        vi += " Còn những đường đi chưa thử."
        en += " There are ways that were not tried."
    return Text(vi, en)


def timeline(run: Run, calendar: WorkingCalendar) -> Iterator[Text]:
    """A run line by line."""
    yield from (happening_in_words(happening, calendar) for happening in run.happenings)
    yield run_in_words(run, calendar)


def _what(happening: Happening) -> Text:
    if happening.rule is not None:
        return _asked(happening.rule)
    if happening.fee is not None:
        return _money(happening.kind, happening.fee)
    if happening.kind == "decided" and happening.outcome == Outcome.REJECTED:
        return Text("hồ sơ bị từ chối giải quyết", "the case is rejected")
    if happening.step is None or happening.kind == "accepted":
        return _DONE[happening.kind]
    step = _named(happening.step)
    outcome = f" ({happening.outcome})" if happening.outcome else ""
    if happening.kind == "consented_by_silence":
        return Text(f"{step.vi} coi như đồng ý vì im lặng", f"{step.en} is taken for done, by silence")
    if happening.kind == "became_overdue":
        return Text(f"{step.vi} quá hạn", f"{step.en} is overdue")
    return Text(f"{step.vi} xong{outcome}", f"{step.en} is done{outcome}")


def _asked(applied: AppliedRule) -> Text:
    name = quoted(applied.rule)
    if applied.failure is None:
        return Text(f"áp dụng quy tắc {name}", f"the rule {name} is applied")
    return Text(
        f"quy tắc {name} không trả lời được ({applied.failure}), cần người giải quyết",
        f"the rule {name} gives no answer ({applied.failure}), and people decide",
    )


def _money(kind: str, fee: CaseFee) -> Text:
    amount = f"{fee.amount} {fee.currency}"
    if kind == "fee_demanded":
        return Text(f"người nộp được yêu cầu nộp {amount}", f"the applicant is asked to pay {amount}")
    if kind == "fee_paid":
        return Text(f"người nộp đã nộp {amount}", f"the applicant has paid {amount}")
    if kind == "fee_reminded":
        return Text("nhắc sắp hết hạn nộp phí", "a reminder that the time to pay ends soon")
    if kind == "fee_expired":
        return Text(f"{amount} không được nộp đúng hạn", f"{amount} was not paid in time")
    ground = quoted(fee.exempted_by)
    return Text(f"người nộp được miễn phí ({ground})", f"the applicant is exempt from the fee ({ground})")


def _until(happening: Happening, calendar: WorkingCalendar) -> Iterator[Text]:
    """Until when something is to be brought, or the term was extended."""
    ends = {"supplement_requested": happening.answer_by, "extended": happening.due_at}.get(happening.kind)
    if ends is not None:
        at = _local(ends, calendar)
        yield Text(f"hạn {at.vi}", f"until {at.en}")


def _late(happening: Happening) -> Iterator[Text]:
    if happening.late:
        late = duration_in_words(happening.late)
        yield Text(f"trễ {late.vi} làm việc", f"{late.en} of working time late")


def _opens(happening: Happening, calendar: WorkingCalendar) -> Iterator[Text]:
    for opened in happening.opens:
        step = _named(opened)
        if opened.due_at is None:
            yield Text(f"mở {step.vi}", f"{step.en} opens")
        else:
            due = _local(opened.due_at, calendar)
            yield Text(f"mở {step.vi}, hạn {due.vi}", f"{step.en} opens, due at {due.en}")
    if happening.lapses:
        steps = ", ".join(happening.lapses)
        yield Text(f"không chờ {steps} nữa", f"{steps} is not waited for any more")


def _stands(happening: Happening) -> Iterator[Text]:
    for stop in happening.stops:
        text = STOP_TEXT[stop]
        yield Text(f"thời hạn tạm dừng ({text.vi})", f"the clock stands still ({text.en})")


def _named(opened: Opened) -> Text:
    return Text(
        f"{quoted(opened.title.vi)} ({opened.agency}, {opened.unit})",
        f"{quoted(opened.title.en)} ({opened.agency}, {opened.unit})",
    )


def _local(instant: datetime, calendar: WorkingCalendar) -> Text:
    local = instant.astimezone(ZoneInfo(calendar.time_zone))
    return Text(f"{local:%H:%M ngày %d/%m/%Y}", f"{local:%Y-%m-%d %H:%M}")
