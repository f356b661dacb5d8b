import re

import pytest

from gateway.proxy.trace import trace_id_of, traceparent_of

SENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_valid_trace_is_taken_up() -> None:
    assert traceparent_of(SENT) == SENT
    assert trace_id_of(SENT) == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01",
        SENT.upper(),
        SENT + b"-x",
        b"ff" + SENT[2:],
        b"nonsense",
    ],
)
def test_an_invalid_trace_is_replaced_by_a_new_one(sent: bytes | None) -> None:
    begun = traceparent_of(sent)
    assert begun != sent
    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01", begun)
    assert traceparent_of(sent) != begun
