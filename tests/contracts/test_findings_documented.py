"""Every code that the linter uses is explained, with its severity, and none is explained that it does not use."""

from tests.contracts.findings import DOMAIN, raised, tables


def test_every_finding_is_in_a_table_with_its_severity() -> None:
    explained = {(code, row.severity) for _, rows in tables() for row in rows for code in row.codes}
    assert set(raised()) - explained == set()


def test_every_code_of_a_table_is_used_in_the_code() -> None:
    sources = [path.read_text() for path in DOMAIN.rglob("*.py")]
    codes = {code for _, rows in tables() for row in rows for code in row.codes}
    assert {code for code in codes if not any(f'"{code}"' in source for source in sources)} == set()


def test_a_code_means_one_thing() -> None:
    kinds = {(code, row.severity) for _, rows in tables() for row in rows for code in row.codes}
    assert len(kinds) == len({code for code, _ in kinds})
