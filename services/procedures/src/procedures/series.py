"""Whether the series of legal numbers have a gap: of cases, of results and of receipts.

A series counts from 1, and each number that was given stands at what it was given to. So where a number is missing or
a series stands elsewhere than at its last one, something was taken away or changed by hand.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Text

_KINDS = {
    "cases": Text(vi="hồ sơ", en="cases"),
    "results": Text(vi="kết quả", en="results"),
    "receipts": Text(vi="biên lai", en="receipts"),
}

# Of each kind: the series as they stand, and the numbers that were given, told to which of them they belong.
_SERIES = text("""
WITH stands AS (
    SELECT 'cases' AS kind, agency || '-' || to_char(day, 'YYMMDD') AS series, last FROM case_series
    UNION ALL SELECT 'results', concat_ws(' ', agency, year, symbol), last FROM result_series
    UNION ALL SELECT 'receipts', concat_ws(' ', agency, year), last FROM receipt_series
), numbers AS (
    SELECT 'cases' AS kind, regexp_replace(code, '-[0-9]+$', '') AS series,
           substring(code FROM '-([0-9]+)$')::numeric AS number
    FROM cases
    UNION ALL
    SELECT 'results', concat_ws(' ', agency, split_part(number, '/', 2), regexp_replace(number, '^[0-9]+/[^/]*/', '')),
           substring(number FROM '^[0-9]+')::numeric
    FROM results
    UNION ALL
    SELECT 'receipts', concat_ws(' ', agency, split_part(receipt, '/', 2)), substring(receipt FROM '^[0-9]+')::numeric
    FROM payments WHERE receipt IS NOT NULL
), given AS (
    SELECT kind, series, count(*) AS number, coalesce(max(number), 0) AS highest FROM numbers GROUP BY kind, series
)
SELECT kind, series, coalesce(last, 0) AS last, coalesce(number, 0) AS number, coalesce(highest, 0) AS highest
FROM stands FULL JOIN given USING (kind, series)
WHERE (number, highest) IS DISTINCT FROM (last, last)
ORDER BY kind, series
""")


async def flaws_of_series(tx: AsyncConnection) -> list[tuple[str, Text]]:
    """The series in which a number is missing, or that stand elsewhere than at their last one; read in one go."""
    return [
        (
            row.series,
            Text(
                vi=f"Số {what.vi}: đã cấp {row.number}, cao nhất là {row.highest}, mà dãy số ở {row.last}.",
                en=f"Numbers of {what.en}: {row.number} given, the highest {row.highest}, but the series is at {row.last}.",
            ),
        )
        for row in await tx.execute(_SERIES)
        for what in (_KINDS[row.kind],)
    ]
