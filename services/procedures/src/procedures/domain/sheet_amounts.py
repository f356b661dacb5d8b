"""Days and money as register sheets write them."""

import re
from decimal import Decimal

from procedures.domain.definition import Fee
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import MISSING, Node, quoted
from procedures.domain.terms import MOST, NO_TERM, Term, TermKind, to_the_minute

_NO_FIXED_TERM = -1
_PLAIN_FEE = re.compile(r"[0-9]{1,12}")
_WITHOUT_SEPARATORS = str.maketrans("", "", "., ")
_GROUPED_FEE = re.compile(r"[0-9]{1,3}([., ])[0-9]{3}(\1[0-9]{3}){0,2}")


def read_days(node: Node, findings: list[Finding]) -> Term | None:
    """The working days at a node; None where -1 stands for no fixed term.

    For anything else that is no number of days there is no term, and a finding.
    """
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value == _NO_FIXED_TERM:
            return None
        if 0 <= value <= MOST:
            amount = to_the_minute(Decimal(str(value)), TermKind.WORKING_DAYS)
            if amount is not None:
                return Term(TermKind.WORKING_DAYS, amount)
    said = quoted(None if value is MISSING else value)
    findings.append(
        error(
            "unreadable_days",
            node.pointer,
            vi=f"Cần số ngày làm việc từ 0 đến {MOST}, tròn phút, hoặc -1 khi không có thời hạn; ở đây là {said}.",
            en=f"Needs working days from 0 to {MOST}, in whole minutes, or -1 for no term; here is {said}.",
        )
    )
    return NO_TERM


def read_fee(node: Node, findings: list[Finding]) -> Fee | None:
    """The fee at a node, in dong; None for free of charge, which sheets write as nothing or as 0."""
    value = node.value
    if value is None or value == "":
        return None
    written = str(value) if type(value) is int and value < 10**12 else value
    written = written.strip() if isinstance(written, str) else ""
    grouped = _GROUPED_FEE.fullmatch(written)
    if not grouped and not _PLAIN_FEE.fullmatch(written):
        said = quoted(None if value is MISSING else value)
        findings.append(
            error(
                "fee_unreadable",
                node.pointer,
                vi=f"Không đọc được mức phí {said}; hãy ghi một số đồng như 50000, hoặc để trống khi không thu phí.",
                en=f"The fee {said} cannot be read; write dong such as 50000, or leave it empty when there is none.",
            )
        )
        return None
    amount = int(written.translate(_WITHOUT_SEPARATORS))
    if grouped:
        findings.append(
            warning(
                "fee_format",
                node.pointer,
                vi=f"Phí ghi là {quoted(written)}; đã hiểu là {amount} đồng. Hãy ghi liền, không có dấu ngăn.",
                en=f"The fee is written {quoted(written)} and was read as {amount} dong. Write it without separators.",
            )
        )
    return Fee(amount) if amount else None
