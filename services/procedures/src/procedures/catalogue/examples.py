"""Examples for the contract: a definition and a register sheet, each whole and sound."""

from typing import Any

DEFINITION: dict[str, Any] = {
    "code": "TP99",
    "title": {"vi": "Xác nhận mẫu", "en": "Sample confirmation"},
    "agency": "H99.01",
    "term": {"kind": "working_days", "amount": 3},
    "reminder": {"kind": "working_days", "amount": 1},
    "extension": {"longest": {"kind": "working_days", "amount": 5}, "times": 1},
    "supplements": {
        "rounds": 1,
        "answerWithin": {"kind": "calendar_days", "amount": 30},
        "onExpiry": "lapse",
    },
    "form": {
        "type": "object",
        "properties": {"fullName": {"type": "string", "minLength": 1}},
        "required": ["fullName"],
    },
    "first": "TIEP_NHAN",
    "steps": [
        {
            "code": "TIEP_NHAN",
            "title": {"vi": "Tiếp nhận", "en": "Reception"},
            "unit": "BP_MOT_CUA",
            "transitions": [{"to": "XU_LY"}],
        },
        {
            "code": "XU_LY",
            "title": {"vi": "Xử lý", "en": "Processing"},
            "unit": "PHONG_TU_PHAP",
            "transitions": [{"to": None}],
        },
    ],
}

SHEET: dict[str, Any] = {
    "sheet": "TP98",
    "code": "TP98",
    "title": "Xác nhận mẫu",
    "total_days": 3,
    "fee": "0",
    "steps": [
        {
            "unit": "BP_MOT_CUA",
            "name": "Tiếp nhận",
            "days": 1,
            "role": None,
            "tasks": [{"code": "TP98::NHAN", "name": "Tiếp nhận", "days": 1, "next": "TP98::XU_LY"}],
        },
        {
            "unit": "PHONG_TU_PHAP",
            "name": "Xử lý",
            "days": 2,
            "role": "XU_LY",
            "tasks": [
                {
                    "code": "TP98::XU_LY",
                    "name": "Xử lý",
                    "days": 2,
                    "next": "NULL",
                    "business_done": True,
                }
            ],
        },
    ],
    "form": [
        {
            "section": None,
            "id": "hoTen",
            "type": "TextboxName",
            "label": "Họ tên",
            "required": True,
            "validate": "text",
        }
    ],
}
