"""Bodies of requests about linked cases."""

from typing import Any

from pydantic import Field

from procedures.cases.schemas import DocumentOfCase
from procedures.domain.linked_cases import Verdict
from shared.schema import Schema


class ChildOpening(Schema):
    """A case of another procedure that is opened as a part of this one."""

    procedure: str = Field(
        max_length=50, examples=["DD-02"], description="Code of a procedure in force, of any agency"
    )
    form: dict[str, Any] = Field(
        default_factory=dict,
        examples=[{"plotNumber": "125"}],
        description="What its form asks for; added to what the step hands on by itself",
    )
    step: str | None = Field(
        None, max_length=200, examples=["HOI_DAT_DAI"], description="An open step that waits for it"
    )


class AppealFiling(Schema):
    """What an appeal says: the form of the procedure that handles appeals."""

    form: dict[str, Any] = Field(
        default_factory=dict, examples=[{"grounds": "Hồ sơ của tôi đã đủ giấy tờ theo quy định."}]
    )
    documents: list[DocumentOfCase] = Field(default_factory=list, max_length=50)


class Ruling(Schema):
    """What is decided on an appeal."""

    verdict: Verdict
    reason: str = Field(
        min_length=1, max_length=4000, examples=["Cơ quan yêu cầu giấy tờ ngoài thành phần hồ sơ."]
    )
    number: str | None = Field(None, max_length=100, examples=["15/QĐ-UBND"])
    legal_ground: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        examples=["Luật Khiếu nại 2011, Điều 31"],
        description="Required when upheld",
    )


class Reopening(Schema):
    """Why a case is taken up again."""

    reason: str = Field(
        min_length=1, max_length=4000, examples=["Thực hiện Quyết định giải quyết khiếu nại số 15/QĐ-UBND."]
    )
