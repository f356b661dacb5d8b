"""The catalogue of open data passes the SHACL shapes of DCAT-AP 3.0.1.

The shapes are not part of the project: `MOTCUA_DATA` names the folder that has them (`../shared/data`).
"""

import hashlib
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from pyshacl import validate
from rdflib import DCAT, XSD, Graph, Literal, Namespace, URIRef

from open_data import operations, publisher
from open_data.app import create_app
from open_data.domain.dataset import Dataset, Licence, Publisher
from open_data.domain.dcat import catalogue
from open_data.sample import load_sample
from open_data.schemas import MetadataBody
from open_data.settings import Settings
from shared.settings import KafkaSettings
from shared.testing import client_of

ROOT = Path(__file__).parents[2]
SHAPES = Path(os.environ.get("MOTCUA_DATA", ROOT / "../shared/data")) / "dcat/dcat-ap-SHACL-3.0.1.ttl"
ADDRESS_BASE = "http://127.0.0.1:8000"
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")

if not SHAPES.exists():
    pytest.skip("the DCAT-AP shapes are not there (MOTCUA_DATA)", allow_module_level=True)

pytestmark = [  # both libraries use what they themselves call deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyshacl"),
]


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(SHAPES)


@pytest.fixture
async def app(migrated_database: Callable[[str, Path], str], tmp_path: Path) -> AsyncIterator[FastAPI]:
    """Open data with its datasets offered and nothing published."""
    url = migrated_database("dcat", ROOT / "services/open-data/migrations")
    app = create_app(Settings(database_url=SecretStr(url), store=tmp_path), KafkaSettings())
    async with app.state.parts.database.transaction() as tx:
        await operations.offer_datasets(tx, "H99.01")
    yield app
    await app.state.parts.database.close()


async def _publish_sample(app: FastAPI) -> None:
    parts = app.state.parts
    async with parts.database.transaction() as tx:
        await load_sample(tx)
    publishing = publisher.Publisher(parts.database, app.state.lake, parts.clock)
    published = {slug async for slug, version in publishing.publish() if version}
    assert published >= {"on-time-processing", "service-ratings"}


async def _catalogue(app: FastAPI) -> dict[str, Any]:
    async with client_of(app) as client:
        answer = await client.get("/open-data/v1/catalog.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    catalogue: dict[str, Any] = answer.json()
    return catalogue


def _graph(catalogue: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(catalogue), format="json-ld")


def _violations(catalogue: dict[str, Any], shapes: Graph) -> str:
    conforms, _, report = validate(_graph(catalogue), shacl_graph=shapes)
    return "" if conforms else str(report)


async def test_a_catalogue_of_datasets_that_have_no_version_yet_passes(app: FastAPI, shapes: Graph) -> None:
    assert _violations(await _catalogue(app), shapes) == ""


async def test_a_catalogue_of_published_datasets_passes(app: FastAPI, shapes: Graph) -> None:
    await _publish_sample(app)
    assert _violations(await _catalogue(app), shapes) == ""


async def test_the_shapes_find_what_is_missing(app: FastAPI, shapes: Graph) -> None:
    catalogue = await _catalogue(app)
    del catalogue["dcat:dataset"][0]["dct:title"]
    del catalogue["dct:publisher"]
    found = _violations(catalogue, shapes)
    assert found.count("Constraint Violation") == 2


_LINE = st.text(min_size=1, max_size=40)
_WORDS = st.fixed_dictionaries({"vi": _LINE, "en": _LINE})
_MAILBOX = st.text("az09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=_WORDS,
    description=_WORDS,
    keywords=st.lists(_WORDS, max_size=3),
    name=_WORDS,
    mailbox=_MAILBOX,
)
async def test_whatever_words_a_publisher_may_choose_the_catalogue_passes(
    shapes: Graph, title: Any, description: Any, keywords: Any, name: Any, mailbox: str
) -> None:
    try:
        words = MetadataBody(
            title=title,
            description=description,
            keywords=keywords,
            licence=Licence.CC0,
            contact={"name": name, "email": f"{mailbox}@so-mau.gov.vn"},
        ).metadata()
    except ValidationError:
        return
    dataset = Dataset(UUID(int=1), "a-dataset", Publisher("H99.01"), words)
    described = catalogue([dataset], Publisher("H99.01"), f"{ADDRESS_BASE}/open-data/v1")
    assert _violations(orjson.loads(orjson.dumps(described)), shapes) == ""
    (mail,) = _graph(described).objects(None, VCARD.hasEmail)
    assert re.fullmatch(r"mailto:[A-Za-z0-9!$&'()*+,\-./:;=?@_~%#]+", mail)
    assert unquote(mail.removeprefix("mailto:")) == words.contact.email


@pytest.mark.parametrize("slug", ["on-time-processing", "service-ratings"])
async def test_what_the_catalogue_says_of_a_file_is_true_of_it(app: FastAPI, slug: str) -> None:
    await _publish_sample(app)
    graph = _graph(await _catalogue(app))
    dataset = URIRef(f"{ADDRESS_BASE}/open-data/v1/datasets/{slug}")
    distributions = list(graph.objects(dataset, DCAT.distribution))
    (parquet,) = [found for found in distributions if graph.value(found, DCAT.byteSize)]
    assert len(distributions) == 3
    async with client_of(app) as client:
        for distribution in distributions:
            address = str(graph.value(distribution, DCAT.downloadURL)).removeprefix(ADDRESS_BASE)
            answer = await client.get(address)
            media_type = str(graph.value(distribution, DCAT.mediaType))
            assert media_type.endswith(answer.headers["content-type"].partition(";")[0])
            if distribution == parquet:
                checksum = graph.value(graph.value(distribution, SPDX.checksum), SPDX.checksumValue)
                assert checksum == Literal(hashlib.sha256(answer.content).hexdigest(), datatype=XSD.hexBinary)
                size = graph.value(distribution, DCAT.byteSize)
                assert size == Literal(str(len(answer.content)), datatype=XSD.nonNegativeInteger)
