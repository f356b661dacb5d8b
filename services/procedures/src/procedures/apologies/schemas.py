"""Bodies of requests about apologies."""

from datetime import date

from pydantic import Field

from shared.schema import Schema


class ApologyNote(Schema):
    """Why the case is late, and until when it will be answered."""

    reason: str = Field(
        min_length=1, max_length=4000, examples=["Hồ sơ phải xác minh lại ở hai cơ quan, chúng tôi xin lỗi."]
    )
    promised_date: date = Field(
        examples=["2026-12-01"], description="A working day of the agency after today; there is no second one"
    )
