"""What is wrong with how a procedure asks for its fee."""

from collections.abc import Iterator

from procedures.domain.allowances import in_words
from procedures.domain.automation import ANSWERS, Purpose
from procedures.domain.definition import Definition
from procedures.domain.fee_demand import DemandedAt
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted
from procedures.domain.rules import faults_of
from procedures.domain.terms import TermKind
from procedures.domain.time_findings import alike
from procedures.domain.time_to_pay import Unpaid


def time_to_pay_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the time to pay the fee."""
    demand, term = definition.fee_demand, definition.term
    if demand is None:
        return
    if demand.pay_within.kind is TermKind.NONE:
        if demand.on_expiry is not Unpaid.LAPSE:
            yield warning(
                "fee_never_expires",
                "/feeDemand/onExpiry",
                vi="Không có thời hạn nộp phí, nên điều ghi cho khi hết hạn không bao giờ xảy ra.",
                en="There is no time to pay the fee, so what is to follow when it is over never does.",
            )
        return
    within, reminder = demand.pay_within, definition.time_rules.reminder
    if not demand.stops_clock and alike(within, term) and within.length >= term.length:
        said, had = in_words(within), in_words(term)
        yield warning(
            "fee_expires_after_term",
            "/feeDemand/payWithin",
            vi=f"Thời hạn nộp phí là {said.vi} mà thời hạn giải quyết chỉ có {had.vi} và không tạm dừng: "
            "hồ sơ được quyết định trước khi hết hạn nộp.",
            en=f"There are {said.en} to pay, but the term is {had.en} and runs on: cases are decided before.",
        )
    if reminder.length and alike(reminder, within) and reminder.length >= within.length:
        said, had = in_words(reminder), in_words(within)
        yield warning(
            "fee_reminder_too_early",
            "/reminder",
            vi=f"Nhắc trước {said.vi}, nhưng thời hạn nộp phí chỉ có {had.vi}: vừa yêu cầu nộp đã nhắc.",
            en=f"It reminds {said.en} ahead, but there are {had.en} to pay: everybody is reminded at once.",
        )


def fee_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the demand of the fee."""
    demand = definition.fee_demand
    if demand is None:
        return
    if demand.at is DemandedAt.STEP and demand.step not in {step.code for step in definition.steps}:
        yield error(
            "fee_step_unknown",
            "/feeDemand/step",
            vi=f"Phí được yêu cầu ở bước {quoted(demand.step)}, nhưng thủ tục không có bước này.",
            en=f"The fee is asked for at the step {quoted(demand.step)}, which does not exist.",
        )
    rule = definition.rule(demand.rule)
    if demand.rule is not None and rule is None:
        yield error(
            "fee_rule_unknown",
            "/feeDemand/rule",
            vi=f"Phí tính theo bảng {quoted(demand.rule)}, nhưng thủ tục không có bảng quyết định này.",
            en=f"The fee follows from the rule {quoted(demand.rule)}, which the procedure does not have.",
        )
    if rule is not None and not faults_of(rule) and ANSWERS[Purpose.FEE] not in rule.outputs:
        yield error(
            "fee_rule_without_amount",
            "/feeDemand/rule",
            vi=f"Bảng {quoted(rule.name)} không trả về mức phí ({quoted(ANSWERS[Purpose.FEE])}).",
            en=f"The rule {quoted(rule.name)} does not answer how much the fee is ({quoted(ANSWERS[Purpose.FEE])}).",
        )
    if demand.rule is None and not (definition.fee and definition.fee.amount):
        yield error(
            "fee_of_unknown_amount",
            "/feeDemand",
            vi="Thủ tục yêu cầu nộp phí nhưng không ghi mức phí hay bảng tính phí.",
            en="A fee is asked for, but neither an amount nor a rule says how much it is.",
        )
    approval = definition.automation.approval
    if approval is not None and approval.to is None and demand.at is not DemandedAt.SUBMISSION:
        yield error(
            "fee_not_awaited",
            "/feeDemand",
            vi="Hồ sơ được duyệt và kết thúc ngay theo quy tắc trước khi phí được yêu cầu; hãy yêu cầu phí khi nộp hồ sơ.",
            en="A rule grants and closes cases before the fee is asked for; ask for it at submission.",
        )
    if demand.rule is not None and definition.fee is not None:
        yield warning(
            "fee_twice",
            "/fee",
            vi="Phí tính theo bảng quyết định, nên mức phí cố định không được dùng; hãy bỏ một trong hai.",
            en="The fee follows from a rule, so the fixed fee is not used; leave one of them out.",
        )
