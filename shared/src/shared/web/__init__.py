"""HTTP as every service speaks it: one application factory, problems, conditional requests, idempotency."""

from shared.web.app import Parts, create_service
from shared.web.conditional import IfMatch, conditional, etag_of, etag_of_body, require_match
from shared.web.dependencies import Db, Now, Tx
from shared.web.idempotency import Answer, Once, answers_table
from shared.web.middleware import streams
from shared.web.problems import Problem, problems

__all__ = [
    "Answer",
    "Db",
    "IfMatch",
    "Now",
    "Once",
    "Parts",
    "Problem",
    "Tx",
    "answers_table",
    "conditional",
    "create_service",
    "etag_of",
    "etag_of_body",
    "problems",
    "require_match",
    "streams",
]
