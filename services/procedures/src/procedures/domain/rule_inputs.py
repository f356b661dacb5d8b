"""What a rule may look at: the submission of a case, and nothing else.

form.<field>      what the applicant answered; `form.address.ward` for a field inside another
documents         the codes of the documents that are attached, each once
submittedDate     the day of submission at the agency, `2026-11-25`
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

FORM, DOCUMENTS, SUBMITTED_DATE = "form", "documents", "submittedDate"


def inputs_of(form: Mapping[str, Any] | None, documents: Iterable[str], submitted: date) -> dict[str, Any]:
    """The inputs of a submission; of a form that is erased nothing is left to look at."""
    return {
        FORM: dict(form or {}),
        DOCUMENTS: sorted(set(documents)),
        SUBMITTED_DATE: submitted.isoformat(),
    }
