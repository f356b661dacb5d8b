"""The catalogue as DCAT-AP 3 in JSON-LD, for harvesters.

Plain nested objects with a context of their own, so that a reader fetches nothing else. Whatever the EU's
authority tables name carries its type (and label, where the profile asks for one) beside its address: without
them a validator that has not loaded the tables finds faults.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from open_data.domain.dataset import Dataset, Publisher
from open_data.domain.month import Month, legal_date
from open_data.domain.version import Version
from shared.errors import Text

Node = dict[str, Any]

_AUTHORITY = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types"
_CONTEXT: Mapping[str, Any] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FORMS = (
    ("PARQUET", "application/vnd.apache.parquet", "data.parquet"),
    ("CSV", "text/csv", "rows.csv"),
    ("JSON", "application/json", "rows.json"),
)
"""Code of the file type, media type, and name under the version's address."""


def catalogue(datasets: Iterable[Dataset], publisher: Publisher, base: str) -> Node:
    """The catalogue of these datasets; `base` is the address of the API, as `https://…/open-data/v1`."""
    offered = list(datasets)
    issued = [dataset.latest.issued_at for dataset in offered if dataset.latest]
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _words(Text(vi="Dữ liệu mở Motcua", en="Motcua open data")),
        "dct:description": _words(
            Text(
                vi="Dữ liệu mở về việc giải quyết thủ tục hành chính, tính từ chính các hồ sơ.",
                en="Open data on how administrative procedures are handled, computed from the cases themselves.",
            )
        ),
        "dct:publisher": _agent(publisher),
        "dct:language": [_coded("language", code, "dct:LinguisticSystem") for code in ("VIE", "ENG")],
        "dct:spatial": _coded("country", "VNM", "dct:Location"),
        **({"dct:modified": _instant(max(issued))} if issued else {}),
        "dcat:dataset": [_dataset(dataset, base) for dataset in offered],
    }


def _dataset(dataset: Dataset, base: str) -> Node:
    address = f"{base}/datasets/{dataset.slug}"
    words = dataset.metadata
    return {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": address,
        "dct:title": _words(words.title),
        "dct:description": _words(words.description),
        "dcat:keyword": [word for keyword in words.keywords for word in _words(keyword)],
        "dct:publisher": _agent(dataset.publisher),
        "dcat:contactPoint": {
            "@type": "vcard:Kind",
            "vcard:fn": _words(words.contact.name),
            "vcard:hasEmail": {"@id": f"mailto:{quote(words.contact.email, safe='@')}"},
        },
        "dcat:theme": {
            **_coded("data-theme", "GOVE", "skos:Concept"),
            "skos:prefLabel": _words(Text(vi="Chính phủ và khu vực công", en="Government and public sector")),
        },
        "dct:accrualPeriodicity": _coded("frequency", "UPDATE_CONT", "dct:Frequency"),
        "dct:accessRights": _coded("access-right", "PUBLIC", "dct:RightsStatement"),
        "dct:language": [_coded("language", code, "dct:LinguisticSystem") for code in ("VIE", "ENG")],
        "dct:spatial": _coded("country", "VNM", "dct:Location"),
        **(_published(dataset, dataset.latest, address) if dataset.latest else {}),
    }


def _published(dataset: Dataset, latest: Version, address: str) -> Node:
    """What there is to say of a dataset once it has a version."""
    licence = _coded("licence", dataset.metadata.licence, "dct:LicenseDocument")
    parquet, *others = [
        {
            "@id": f"{address}/versions/{latest.number}/{name}#distribution",
            "@type": "dcat:Distribution",
            "dct:title": f"{code} {latest.number}",
            "dcat:accessURL": {"@id": f"{address}/versions/{latest.number}/{name}"},
            "dcat:downloadURL": {"@id": f"{address}/versions/{latest.number}/{name}"},
            "dct:license": licence,
            "dct:format": _coded("file-type", code, "dct:MediaTypeOrExtent"),
            "dcat:mediaType": {"@id": f"{_IANA}/{media_type}", "@type": "dct:MediaType"},
            "dct:issued": _instant(latest.issued_at),
        }
        for code, media_type, name in _FORMS
    ]
    return {
        "dct:modified": _instant(latest.issued_at),
        "dcat:version": str(latest.number),
        **_temporal(latest),
        "dcat:distribution": [{**parquet, **_fixity(latest)}, *others],
    }


def _fixity(version: Version) -> Node:
    """Size and checksum of the Parquet file: the one that is kept, where the others are written as asked."""
    return {
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(version.file.size)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {
                "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
                "@type": "spdx:ChecksumAlgorithm",
            },
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": version.file.sha256},
        },
    }


def _temporal(version: Version) -> Node:
    if version.first_month is None or version.last_month is None:
        return {}
    first, after = Month.parse(version.first_month).start, Month.parse(version.last_month).next().start
    period = {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": _date(legal_date(first)),
        "dcat:endDate": _date(legal_date(after) - timedelta(days=1)),
    }
    return {"dct:temporal": period}


def _agent(publisher: Publisher) -> Node:
    name = publisher.name or Text(vi=publisher.code, en=publisher.code)
    return {
        "@id": f"urn:motcua:agency:{publisher.code}",
        "@type": "foaf:Agent",
        "foaf:name": _words(name),
    }


def _coded(table: str, code: str, kind: str) -> Node:
    """An entry of one of the EU's authority tables."""
    return {"@id": f"{_AUTHORITY}/{table}/{code}", "@type": kind}


def _words(text: Text) -> list[Node]:
    return [{"@language": "vi", "@value": text.vi}, {"@language": "en", "@value": text.en}]


def _instant(at: datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": at.isoformat()}


def _date(day: date) -> Node:
    return {"@type": "xsd:date", "@value": day.isoformat()}
