"""Routes of open-data. Whoever reads needs neither account nor key (Decree 47/2020/NĐ-CP, articles 17-19).

What is read here may be kept by anyone: for good where the address names a version, since that never changes,
and for a minute elsewhere.
"""

import hashlib
from collections.abc import Container
from email.utils import format_datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from open_data import operations
from open_data.dependencies import OfferedAt, VersionFiles
from open_data.domain import query as queries
from open_data.domain.dataset import Dataset, DatasetNotFound, NotThePublisher
from open_data.domain.dcat import catalogue
from open_data.domain.table import Row
from open_data.domain.version import Number, Version, VersionNotFound
from open_data.exports import CsvWriter, JsonWriter, Writer, written
from open_data.lake import FileMissing, Lake
from open_data.schemas import DatasetView, MetadataBody, RowsView, VersionView
from shared.auth import Principal, public, requires
from shared.db import Database
from shared.errors import Fault, Invalid, PreconditionFailed, PreconditionRequired, Text
from shared.pagination import MAX_PAGE, Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.web import Db, IfMatch, Now, Tx, conditional, etag_of, problems, require_match

router = APIRouter(prefix="/open-data/v1", tags=["open data"])

LATEST = "latest"
Slug = Annotated[str, Path(max_length=80, examples=["on-time-processing"])]
Which = Annotated[str, Path(max_length=40, description="Number of a version, or `latest`", examples=[LATEST])]
Fields = Annotated[
    str | None, Query(description="Columns, comma-separated; all by default", examples=["month,onTime"])
]
Sorting = Annotated[
    str | None,
    Query(
        alias="sort",
        description="Columns, comma-separated, `-` before one for descending",
        examples=["-month"],
    ),
]
Editor = Annotated[Principal, requires("open-data:datasets:write", kinds=["official", "client"])]

_SOON = {"cache-control": "public, max-age=60", "vary": "Accept-Encoding"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}
_PARQUET = "application/vnd.apache.parquet"
_ROW_ERRORS = problems(DatasetNotFound, VersionNotFound, FileMissing)
_FILTERS = {
    "parameters": [
        {
            "name": "filters",
            "in": "query",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            "description": "Conditions on columns: `agency=000.00.01.H99` (several times for any of them), and the "
            "ranges `.gt`, `.gte`, `.lt`, `.lte`, as in `month.gte=2026-01`",
            "example": {"agency": "000.00.01.H99", "month.gte": "2026-01"},
        }
    ]
}


@router.get(
    "/catalog.jsonld",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"application/ld+json": {"schema": {"type": "object"}}}}},
)
async def get_catalogue(request: Request, db: Db, portal: OfferedAt) -> Response:
    """The catalogue as DCAT-AP 3 in JSON-LD, for harvesters."""
    async with db.reading() as connection:
        datasets = await operations.list_datasets(connection, after="", limit=MAX_PAGE)
        publisher = await operations.get_publisher(connection, portal.publisher)
    body = orjson.dumps(catalogue(datasets, publisher, portal.address))
    headers = {**_SOON, "etag": etag_of(hashlib.sha256(body).hexdigest()[:32])}
    if _held(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/ld+json")


@router.get("/datasets", dependencies=[public()], response_model=Page[DatasetView])
async def list_datasets(request: Request, db: Db, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The datasets, by slug."""
    after = str(decode_cursor(cursor, length=1)[0]) if cursor else ""
    async with db.reading() as connection:
        found = await operations.list_datasets(connection, after=after, limit=limit + 1)
    items, more = found[:limit], len(found) > limit
    page = Page[DatasetView](
        items=[DatasetView.of(dataset) for dataset in items],
        next=encode_cursor([items[-1].slug]) if more else None,
    )
    return conditional(request, page, headers=_SOON)


@router.get(
    "/datasets/{slug}",
    dependencies=[public()],
    response_model=DatasetView,
    responses=problems(DatasetNotFound),
)
async def get_dataset(request: Request, slug: Slug, db: Db) -> Response:
    """One dataset: its words, its publisher, its latest version."""
    async with db.reading() as connection:
        dataset = await operations.get_dataset(connection, slug)
    return conditional(request, DatasetView.of(dataset), etag=etag_of(dataset.state), headers=_SOON)


@router.put(
    "/datasets/{slug}/metadata",
    response_model=DatasetView,
    responses=problems(DatasetNotFound, NotThePublisher, PreconditionRequired, PreconditionFailed),
)
async def describe_dataset(
    request: Request,
    slug: Slug,
    body: MetadataBody,
    editor: Editor,
    tx: Tx,
    now: Now,
    if_match: IfMatch = None,
) -> Response:
    """Offer the dataset under other words; for its publisher alone. `If-Match` is the dataset's ETag."""

    def meant_for(dataset: Dataset) -> None:
        require_match(if_match, etag_of(dataset.state))

    described = await operations.describe_dataset(
        tx, slug, body.metadata(), by=editor, meant_for=meant_for, now=now
    )
    return Response(
        DatasetView.of(described).model_dump_json(by_alias=True),
        headers={"etag": etag_of(described.state)},
        media_type="application/json",
    )


@router.get(
    "/datasets/{slug}/versions",
    dependencies=[public()],
    response_model=Page[VersionView],
    responses=problems(DatasetNotFound),
)
async def list_versions(
    request: Request, slug: Slug, db: Db, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The versions of a dataset, newest first."""
    before = _number_in(cursor) if cursor else None
    async with db.reading() as connection:
        found = await operations.list_versions(connection, slug, before=before, limit=limit + 1)
    items, more = found[:limit], len(found) > limit
    page = Page[VersionView](
        items=[VersionView.of(version) for version in items],
        next=encode_cursor([str(items[-1].number)]) if more else None,
    )
    return conditional(request, page, headers=_SOON)


@router.get(
    "/datasets/{slug}/versions/{number}",
    dependencies=[public()],
    response_model=VersionView,
    responses=problems(DatasetNotFound, VersionNotFound),
)
async def get_version(request: Request, slug: Slug, number: Which, db: Db) -> Response:
    """One version: its columns, and size and checksum of its file."""
    version = await _version(db, slug, number)
    return conditional(request, VersionView.of(version), headers=_kept(number))


@router.get(
    "/datasets/{slug}/versions/{number}/rows",
    dependencies=[public()],
    response_model=RowsView,
    responses=_ROW_ERRORS,
    openapi_extra=_FILTERS,
)
async def list_rows(
    request: Request,
    slug: Slug,
    number: Which,
    db: Db,
    lake: VersionFiles,
    fields: Fields = None,
    sort: Sorting = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """A page of rows. All pages show the version that the first one showed, also under `latest`."""
    pinned, place = _place_in(cursor, number) if cursor else (number, None)
    version = await _version(db, slug, pinned)
    query = _query(request, version, but=("limit", "cursor"))
    after = _after(query, place) if place is not None else None
    headers = _kept(number) | {"etag": _tag(version, query.canonical, str(limit), cursor or "")}
    if _held(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    path = lake.path(slug, version.file)
    found = await lake.page(path, query, after=after, limit=limit + 1)
    names = [column.name for column in query.fields]
    body = {
        "version": str(version.number),
        "items": [dict(zip(names, row, strict=True)) for row, _ in found[:limit]],
        "next": encode_cursor([str(version.number), found[limit - 1][1]]) if len(found) > limit else None,
    }
    return Response(orjson.dumps(body, default=float), 200, headers, "application/json")


@router.get(
    "/datasets/{slug}/versions/{number}/rows.csv",
    dependencies=[public()],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}, **_ROW_ERRORS},
    openapi_extra=_FILTERS,
)
async def download_csv(
    request: Request,
    slug: Slug,
    number: Which,
    db: Db,
    lake: VersionFiles,
    fields: Fields = None,
    sort: Sorting = None,
) -> Response:
    """All rows asked for, as CSV in UTF-8; text that a spreadsheet would run as a formula is kept text."""
    return await _download(request=request, slug=slug, number=number, db=db, lake=lake, form=CsvWriter)


@router.get(
    "/datasets/{slug}/versions/{number}/rows.json",
    dependencies=[public()],
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **_ROW_ERRORS},
    openapi_extra=_FILTERS,
)
async def download_json(
    request: Request,
    slug: Slug,
    number: Which,
    db: Db,
    lake: VersionFiles,
    fields: Fields = None,
    sort: Sorting = None,
) -> Response:
    """All rows asked for, as one JSON array."""
    return await _download(request=request, slug=slug, number=number, db=db, lake=lake, form=JsonWriter)


@router.get(
    "/datasets/{slug}/versions/{number}/data.parquet",
    dependencies=[public()],
    response_class=FileResponse,
    responses={200: {"content": {_PARQUET: {}}}, **_ROW_ERRORS},
)
async def download_parquet(
    request: Request, slug: Slug, number: Which, db: Db, lake: VersionFiles
) -> Response:
    """The version itself, whole or by ranges; its ETag is the SHA-256 that the version tells."""
    version = await _version(db, slug, number)
    headers = {
        **_kept(number),
        "etag": etag_of(version.file.sha256),
        "last-modified": format_datetime(version.issued_at, usegmt=True),
    }
    if _held(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    name = f"{slug}-{version.number}.parquet"
    return FileResponse(lake.path(slug, version.file), headers=headers, media_type=_PARQUET, filename=name)


async def _download(
    *, request: Request, slug: str, number: str, db: Database, lake: Lake, form: type[Writer]
) -> Response:
    version = await _version(db, slug, number)
    query = _query(request, version)
    headers = _kept(number) | {"etag": _tag(version, query.canonical, form.suffix)}
    if _held(request, headers["etag"]):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'attachment; filename="{slug}-{version.number}.{form.suffix}"'
    writer = form(query.fields)
    parts = lake.rows(lake.path(slug, version.file), query, writer.rows)
    return StreamingResponse(written(writer, parts), headers=headers, media_type=form.media_type)


async def _version(db: Database, slug: str, number: str) -> Version:
    async with db.reading() as connection:
        return await operations.get_version(
            connection, slug, None if number == LATEST else Number.parse(number)
        )


def _query(request: Request, version: Version, *, but: Container[str] = ()) -> queries.Query:
    """What the parameters of the address ask of the rows, `but` these."""
    asked = [item for item in request.query_params.multi_items() if item[0] not in but]
    return queries.read_query(version.columns, asked)


def _number_in(cursor: str) -> Number:
    try:
        return Number.parse(str(decode_cursor(cursor, length=1)[0]))
    except VersionNotFound:
        raise _wrong_cursor() from None


def _place_in(cursor: str, number: str) -> tuple[str, list[Any]]:
    """The version and the place that the cursor of a page of rows goes on from."""
    pinned, place = decode_cursor(cursor, length=2)
    if number not in (LATEST, pinned) or not isinstance(place, list):
        raise _wrong_cursor()
    return str(pinned), place


def _after(query: queries.Query, place: list[Any]) -> Row:
    try:
        return queries.read_place(query, place)
    except ValueError:
        raise _wrong_cursor() from None


def _wrong_cursor() -> Invalid:
    detail = Text(
        vi="Con trỏ trang không thuộc về truy vấn này; hãy lấy lại từ trang đầu.",
        en="This cursor does not belong to this query; start from the first page.",
    )
    return Invalid(faults=[Fault("/query/cursor", "cursor", detail)])


def _kept(number: str) -> dict[str, str]:
    """How long an answer about this version may be kept."""
    return dict(_SOON if number == LATEST else _FOREVER)


def _tag(version: Version, *asked: str) -> str:
    """The ETag of an answer: it follows from the version and from what was asked, without answering."""
    told = "\n".join((str(version.number), version.file.sha256, *asked))
    return etag_of(hashlib.sha256(told.encode()).hexdigest()[:32])


def _held(request: Request, etag: str) -> bool:
    """Whether the caller has this answer already (RFC 9110 §13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in tags or tags == ["*"]
