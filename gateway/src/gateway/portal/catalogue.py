"""The catalogue of APIs for machines (RFC 9727): a link set (RFC 9264) with the relations of RFC 8631."""

from collections.abc import Mapping
from typing import Any

from gateway.portal.merge import base_of, title_of

MEDIA_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
PATH = "/.well-known/api-catalog"
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"


def catalogue(contracts: Mapping[str, Mapping[str, Any]], address: str) -> dict[str, Any]:
    """The link set of all services whose contract is at hand. `address`: the gateway's public one."""
    bases = {
        address + base_of(contract): title_of(service, contract) for service, contract in contracts.items()
    }
    return {
        "linkset": [
            {
                "anchor": address + PATH,
                "item": [{"href": base, "title": title} for base, title in bases.items()],
                "service-desc": [
                    {"href": f"{address}/openapi.json", "type": _OPENAPI, "title": "All services in one"},
                    {"href": f"{address}/asyncapi.json", "type": "application/json", "title": "All events"},
                ],
                "service-doc": [{"href": f"{address}/docs", "type": "text/html"}],
            },
            *(
                {
                    "anchor": base,
                    "service-desc": [{"href": f"{base}/openapi.json", "type": _OPENAPI}],
                    "service-doc": [{"href": f"{address}/docs", "type": "text/html"}],
                }
                for base in bases
            ),
        ]
    }
