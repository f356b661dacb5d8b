"""The routes: open to everybody for reading, to the publisher alone for describing."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from open_data import operations
from open_data.domain.case_fact import Act, Kind
from open_data.domain.month import Month
from shared.errors import Text
from shared.testing import Tokens

At = Callable[..., datetime]
BASE = "/open-data/v1"
DATASET = f"{BASE}/datasets/on-time-processing"
LATEST = f"{DATASET}/versions/latest"
SCOPE = "open-data:datasets:write"
METADATA = {
    "title": {"vi": "Đúng hạn", "en": "On time"},
    "description": {"vi": "Mô tả", "en": "Description"},
    "keywords": [{"vi": "hồ sơ", "en": "cases"}],
    "licence": "CC0",
    "contact": {"name": {"vi": "Bộ phận", "en": "Desk"}, "email": "desk@motcua.example"},
}


@pytest.fixture
async def published(world: Any, day: At, decided_case: Callable[..., tuple[Act, ...]]) -> str:
    """Two versions; the second has rows of two agencies. Returns its number."""
    await world.tell(decided_case(day(1, 5), day(1, 9), due=day(1, 20)))
    await world.publish()
    await world.tell(decided_case(day(1, 6), day(2, 9), due=day(1, 20)))
    await world.tell(decided_case(day(2, 6), day(2, 7), due=day(2, 20), agency="H99.02"))
    return str((await world.publish()).number)


def _pointers(answer: Response) -> list[str]:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    return [fault["pointer"] for fault in answer.json()["errors"]]


READABLE = [
    f"{BASE}/catalog.jsonld",
    f"{BASE}/datasets",
    DATASET,
    f"{DATASET}/versions",
    LATEST,
    f"{LATEST}/rows",
    f"{LATEST}/rows.csv",
    f"{LATEST}/rows.json",
    f"{LATEST}/data.parquet",
]


@pytest.mark.parametrize("address", READABLE)
async def test_everybody_may_read_and_keep_what_is_read(
    client: AsyncClient, published: str, address: str
) -> None:
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"
    again = await client.get(address, headers={"if-none-match": f'"other", {answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("address", [address for address in READABLE if address.startswith(LATEST)])
async def test_what_is_read_of_a_numbered_version_may_be_kept_for_good(
    client: AsyncClient, published: str, address: str
) -> None:
    numbered = await client.get(address.replace("latest", published))
    assert numbered.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert numbered.headers["etag"] == (await client.get(address)).headers["etag"]
    assert numbered.content == (await client.get(address)).content


@pytest.mark.parametrize("address", [address for address in READABLE if address.startswith(LATEST)])
async def test_answers_about_a_version_change_their_etag_with_the_next_version(
    client: AsyncClient, world: Any, published: str, day: At, decided_case: Any, address: str
) -> None:
    before = (await client.get(address)).headers["etag"]
    await world.tell(decided_case(day(3, 6), day(3, 7)))
    await world.publish()
    answer = await client.get(address, headers={"if-none-match": before})
    assert (answer.status_code, answer.headers["etag"] != before) == (200, True)


async def test_a_dataset_tells_its_words_publisher_and_latest_version(
    client: AsyncClient, world: Any, published: str
) -> None:
    async with world.database.transaction() as tx:
        name = Text(vi="Quận Mẫu", en="Sample District")
        await operations.name_agency(tx, code="H99.01", sequence=1, name=name)
    dataset = (await client.get(DATASET)).json()
    assert dataset["publisher"] == {"code": "H99.01", "name": {"vi": "Quận Mẫu", "en": "Sample District"}}
    assert dataset["latest"]["number"] == published
    assert dataset["latest"]["columns"][0]["name"] == "agency"
    assert dataset["metadata"]["licence"] == "CC_BY_4_0"


async def test_a_dataset_without_a_version_is_offered_already(client: AsyncClient) -> None:
    assert (await client.get(f"{BASE}/datasets/service-ratings")).json()["latest"] is None
    answer = await client.get(f"{BASE}/datasets/service-ratings/versions/latest/rows")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/version-not-found")


async def test_lists_go_on_where_the_page_before_ended(client: AsyncClient, published: str) -> None:
    for address, expected in (
        (
            f"{BASE}/datasets",
            ["on-time-processing", "quality-index", "reported-statistics", "service-ratings"],
        ),
        (f"{DATASET}/versions", ["1.9", "1.3"]),
    ):
        found, cursor = [], {}
        for _ in expected:
            page = (await client.get(address, params={"limit": 1, **cursor})).json()
            found += [item.get("number", item.get("slug")) for item in page["items"]]
            cursor = {"cursor": page["next"]} if page["next"] else {}
        assert (found, cursor) == (expected, {})


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        (f"{BASE}/datasets/nothing", "dataset-not-found"),
        (f"{BASE}/datasets/nothing/versions", "dataset-not-found"),
        (f"{BASE}/datasets/nothing/versions/latest", "dataset-not-found"),
        (f"{BASE}/datasets/nothing/versions/latest/rows", "dataset-not-found"),
        (f"{DATASET}/versions/1.4", "version-not-found"),
        (f"{DATASET}/versions/2.3/rows", "version-not-found"),
        (f"{DATASET}/versions/newest/rows.csv", "version-not-found"),
        (f"{DATASET}/versions/1.0/rows.json", "version-not-found"),
        (f"{DATASET}/versions/..%2F..%2Fetc/data.parquet", "not-found"),
    ],
)
async def test_what_is_not_there_is_not_found(
    client: AsyncClient, published: str, address: str, slug: str
) -> None:
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (404, f"/problems/{slug}")


async def test_rows_can_be_filtered_sorted_and_narrowed_to_fields(
    client: AsyncClient, published: str
) -> None:
    parameters = {"month.gte": "2026-01", "agency": "H99.01", "sort": "-month", "fields": "month,late"}
    answer = await client.get(f"{LATEST}/rows", params=parameters)
    assert answer.json() == {
        "version": published,
        "items": [{"month": "2026-02", "late": 1}, {"month": "2026-01", "late": 0}],
        "next": None,
    }


async def test_pages_of_the_latest_version_all_show_the_version_of_the_first(
    client: AsyncClient, world: Any, published: str, day: At, decided_case: Any
) -> None:
    first = (await client.get(f"{LATEST}/rows", params={"limit": 2})).json()
    await world.tell(decided_case(day(2, 8), day(2, 9), agency="H98"))
    newer = str((await world.publish()).number)
    second = (await client.get(f"{LATEST}/rows", params={"limit": 2, "cursor": first["next"]})).json()
    assert [page["version"] for page in (first, second)] == [published, published]
    months = [(row["agency"], row["month"]) for row in first["items"] + second["items"]]
    assert months == [("H99.01", "2026-01"), ("H99.01", "2026-02"), ("H99.02", "2026-02")]
    assert (await client.get(f"{LATEST}/rows")).json()["version"] == newer


@pytest.mark.parametrize("form", ["rows", "rows.csv", "rows.json"])
async def test_every_fault_of_a_question_is_named(client: AsyncClient, published: str, form: str) -> None:
    answer = await client.get(f"{LATEST}/{form}?colour=red&late=many&sort=nothing&month.like=2")
    assert _pointers(answer) == ["/query/colour", "/query/late", "/query/month.like", "/query/sort"]


async def test_a_download_takes_no_page(client: AsyncClient, published: str) -> None:
    assert _pointers(await client.get(f"{LATEST}/rows.csv?limit=1")) == ["/query/limit"]


async def test_a_cursor_of_another_question_or_version_is_refused(
    client: AsyncClient, published: str
) -> None:
    cursor = (await client.get(f"{LATEST}/rows", params={"limit": 1})).json()["next"]
    sorted_otherwise = {"cursor": cursor, "sort": "late"}
    assert _pointers(await client.get(f"{LATEST}/rows", params=sorted_otherwise)) == ["/query/cursor"]
    older = f"{DATASET}/versions/1.3/rows"
    assert _pointers(await client.get(older, params={"cursor": cursor})) == ["/query/cursor"]
    for made_up in ("!", "WzFd", "WyIxLjkiLCAxXQ"):
        assert _pointers(await client.get(f"{LATEST}/rows", params={"cursor": made_up}))
    assert _pointers(await client.get(f"{DATASET}/versions", params={"cursor": "WyJ4Il0"}))


async def test_all_rows_can_be_taken_as_csv(client: AsyncClient, published: str) -> None:
    answer = await client.get(f"{LATEST}/rows.csv", params={"fields": "agency,month,late"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="on-time-processing-{published}.csv"'
    )
    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
        ["agency", "month", "late"],
        ["H99.01", "2026-01", "0"],
        ["H99.01", "2026-02", "1"],
        ["H99.02", "2026-02", "0"],
    ]


async def test_all_rows_can_be_taken_as_json(client: AsyncClient, published: str) -> None:
    whole = (await client.get(f"{LATEST}/rows.json")).json()
    assert whole == (await client.get(f"{LATEST}/rows")).json()["items"]


async def test_the_file_itself_can_be_taken_whole_or_by_ranges(client: AsyncClient, published: str) -> None:
    version = (await client.get(LATEST)).json()
    whole = await client.get(f"{LATEST}/data.parquet")
    assert whole.headers["etag"] == f'"{version["sha256"]}"'
    assert len(whole.content) == version["size"]
    assert whole.headers["last-modified"] == "Mon, 09 Feb 2026 05:00:00 GMT"
    part = await client.get(
        f"{LATEST}/data.parquet", headers={"range": "bytes=0-3", "if-range": whole.headers["etag"]}
    )
    assert (part.status_code, part.content) == (206, b"PAR1")


async def test_a_version_whose_file_is_lost_is_unavailable(
    client: AsyncClient, world: Any, published: str
) -> None:
    for path in (world.lake._folder / "on-time-processing").glob("*.parquet"):
        path.unlink()
    for form in ("rows", "rows.csv", "data.parquet"):
        answer = await client.get(f"{LATEST}/{form}")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/version-file-missing")


async def test_absent_figures_are_null_in_json_and_empty_in_csv(
    client: AsyncClient, world: Any, day: At
) -> None:
    await world.tell([Act(Kind.ACCEPTED, day(1, 5), "=A", "TP01")])
    await world.publish()
    fields = {"fields": "agency,overdue,meanDays"}
    rows = (await client.get(f"{LATEST}/rows", params=fields)).json()["items"]
    assert rows == [{"agency": "=A", "overdue": None, "meanDays": None}]
    assert (await client.get(f"{LATEST}/rows.csv", params=fields)).text.splitlines()[1] == "'=A,,"


async def test_ratings_are_rows_like_any_other(client: AsyncClient, world: Any, day: At) -> None:
    async with world.database.transaction() as tx:
        for number, score in enumerate([5] * 9 + [1]):
            at = day(2, 1) + timedelta(minutes=number)
            await operations.record_rating(
                tx, agency="H99.01", month=Month(2026, 1), number=number + 1, score=score, at=at
            )
    await world.publish("service-ratings")
    address = f"{BASE}/datasets/service-ratings/versions/latest/rows?suppressed=false&mean.gt=4.5"
    assert (await client.get(address)).json()["items"] == [
        {
            "agency": "H99.01",
            "month": "2026-01",
            "suppressed": False,
            "ratings": 10,
            "mean": 4.6,
            "score1": 1,
            "score2": 0,
            "score3": 0,
            "score4": 0,
            "score5": 9,
        }
    ]


async def _etag(client: AsyncClient) -> str:
    return str((await client.get(DATASET)).headers["etag"])


@pytest.mark.parametrize("kind", ["official", "client"])
async def test_the_publisher_describes_its_dataset(
    client: AsyncClient, world: Any, tokens: Tokens, kind: Any
) -> None:
    token = tokens.bearer(SCOPE, kind=kind, agency="H99.01", subject="the-editor")
    before = await _etag(client)
    answer = await client.put(f"{DATASET}/metadata", json=METADATA, headers={**token, "if-match": before})
    assert answer.status_code == 200
    read = await client.get(DATASET)
    assert read.json() == answer.json()
    assert read.json()["metadata"] == METADATA
    assert read.headers["etag"] == answer.headers["etag"] != before
    assert await world.rows("SELECT dataset, sequence, described_by FROM descriptions") == [
        ("on-time-processing", 1, "the-editor")
    ]
    assert await world.rows("SELECT type, sequence, payload FROM outbox") == [
        ("open-data.dataset.described.v1", 1, {"dataset": "on-time-processing"})
    ]


@pytest.mark.parametrize(
    ("claims", "status", "slug"),
    [
        (None, 401, "unauthenticated"),
        ({"scope": "open-data:datasets:read", "kind": "official", "agency": "H99.01"}, 403, "scope-missing"),
        ({"scope": SCOPE, "kind": "person", "agency": "H99.01"}, 403, "not-for-this-caller"),
        ({"scope": SCOPE, "kind": "official", "agency": "H99.02"}, 403, "not-the-publisher"),
        ({"scope": SCOPE, "kind": "client"}, 403, "not-the-publisher"),
    ],
)
async def test_nobody_else_describes_it(
    client: AsyncClient, world: Any, tokens: Tokens, claims: Any, status: int, slug: str
) -> None:
    headers = {"if-match": await _etag(client)} | (tokens.bearer(**claims) if claims else {})
    answer = await client.put(f"{DATASET}/metadata", json=METADATA, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert await world.rows("SELECT count(*) FROM outbox") == [(0,)]


async def test_describing_needs_the_state_it_is_meant_for(
    client: AsyncClient, world: Any, tokens: Tokens, published: str
) -> None:
    token = tokens.bearer(SCOPE, kind="official", agency="H99.01")
    without = await client.put(f"{DATASET}/metadata", json=METADATA, headers=token)
    assert without.status_code == 428
    current = await _etag(client)
    meant = {**token, "if-match": current}
    assert (await client.put(f"{DATASET}/metadata", json=METADATA, headers=meant)).status_code == 200
    stale = await client.put(f"{DATASET}/metadata", json=METADATA, headers=meant)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-state")


async def test_every_fault_of_a_description_is_named(client: AsyncClient, tokens: Tokens) -> None:
    token = tokens.bearer(SCOPE, kind="official", agency="H99.01")
    wrong = {
        **METADATA,
        "title": {"vi": " ", "en": "x"},
        "licence": "MINE",
        "contact": {"name": METADATA["contact"]["name"], "email": "nobody"},  # type: ignore[index]
        "colour": "red",
    }
    answer = await client.put(f"{DATASET}/metadata", json=wrong, headers={**token, "if-match": "*"})
    assert _pointers(answer) == ["/title/vi", "/licence", "/contact/email", "/colour"]


async def test_a_dataset_that_is_not_there_cannot_be_described(client: AsyncClient, tokens: Tokens) -> None:
    token = tokens.bearer(SCOPE, kind="official", agency="H99.01")
    answer = await client.put(
        f"{BASE}/datasets/nothing/metadata", json=METADATA, headers={**token, "if-match": "*"}
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/dataset-not-found")


async def test_faults_are_told_in_the_callers_language(client: AsyncClient, published: str) -> None:
    address = f"{LATEST}/rows?late=many"
    for language, words in (("en", "This must be a whole number."), ("vi", "Phải là số nguyên.")):
        answer = await client.get(address, headers={"accept-language": language})
        assert answer.json()["errors"][0]["detail"] == words


async def test_the_contract_describes_filters_and_says_who_may_call(client: AsyncClient) -> None:
    paths = (await client.get(f"{BASE}/openapi.json")).json()["paths"]
    assert set(paths) >= {"/catalog.jsonld", "/datasets", "/datasets/{slug}/versions/{number}/rows.csv"}
    rows = paths["/datasets/{slug}/versions/{number}/rows"]["get"]
    assert {parameter["name"] for parameter in rows["parameters"]} >= {"filters", "fields", "sort", "limit"}
    assert "security" not in rows
    assert paths["/datasets/{slug}/metadata"]["put"]["security"]
