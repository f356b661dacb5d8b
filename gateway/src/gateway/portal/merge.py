"""One OpenAPI document made from the contracts of all services. Pure.

Paths become full, so one server serves them all. A component that several services define alike is kept
once (`Problem`); of those that differ, and of all that lead to them, each service keeps its own under a
name that begins with the service's. The security scheme is one, with every scope that an operation names.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Contract = Mapping[str, Any]

SCHEME = "oauth2"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COMPONENTS = "#/components/"


class Component(NamedTuple):
    """A component by section (`schemas`) and name."""

    section: str
    name: str

    @property
    def ref(self) -> str:
        return f"{_COMPONENTS}{self.section}/{self.name}"


def merge(contracts: Mapping[str, Contract], *, info: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The merged document.

    Args:
        contracts: service name -> its OpenAPI 3.1 document, in the order of presentation.
        info: `info` of the merged document.
        server: the address under which all paths answer.
    """
    names = _new_names(contracts)
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = defaultdict(dict)
    tags: list[dict[str, str]] = []
    groups = []
    taken: set[str] = set()
    for service, contract in contracts.items():
        renamed = _with_refs(contract, {old.ref: new.ref for old, new in names[service].items()})
        own = _paths(service, renamed, taken)
        paths.update(own)
        for component, value in _components(renamed):
            place = names[service].get(component, component)
            components[place.section][place.name] = value
        used = _tags_of(own)
        tags += [{"name": tag, "x-displayName": _heading(tag.partition(": ")[2] or service)} for tag in used]
        groups.append({"name": _heading(title_of(service, contract).removeprefix("Motcua ")), "tags": used})
    components["securitySchemes"] = _security(contracts, paths)
    return {
        "openapi": "3.1.0",
        "info": dict(info),
        "servers": [{"url": server}],
        "tags": tags,
        "x-tagGroups": groups,
        "paths": paths,
        "components": {section: dict(sorted(named.items())) for section, named in sorted(components.items())},
    }


def base_of(contract: Contract) -> str:
    """The path that the paths of a contract are relative to, as `/procedures/v1`."""
    servers = contract.get("servers") or [{"url": "/"}]
    address: str = servers[0]["url"]
    return urlsplit(address).path.rstrip("/")


def title_of(service: str, contract: Contract) -> str:
    """What a contract calls itself."""
    title: str = contract.get("info", {}).get("title", service)
    return title


def _heading(words: str) -> str:
    return words[:1].upper() + words[1:]


def _components(contract: Contract) -> Iterator[tuple[Component, Any]]:
    for section, named in contract.get("components", {}).items():
        if section != "securitySchemes":
            for name, value in named.items():
                yield Component(section, name), value


def _new_names(contracts: Mapping[str, Contract]) -> dict[str, dict[Component, Component]]:
    """For each service, the components that need another name than they have."""
    texts: dict[Component, dict[str, str]] = defaultdict(dict)
    for service, contract in contracts.items():
        for component, value in _components(contract):
            texts[component][service] = json.dumps(value, sort_keys=True)
    clashing = {component for component, by in texts.items() if len(set(by.values())) > 1}
    while True:
        # Alike in words, but what they refer to differs: those clash as well.
        refs = {f'"{component.ref}"' for component in clashing}
        more = {
            component
            for component, by in texts.items()
            if len(by) > 1
            and component not in clashing
            and any(ref in text for text in by.values() for ref in refs)
        }
        if not more:
            break
        clashing |= more
    names: dict[str, dict[Component, Component]] = {service: {} for service in contracts}
    for component in clashing:
        for service in texts[component]:
            new = Component(component.section, _pascal(service) + component.name)
            while new in texts:
                new = Component(new.section, new.name + "_")
            names[service][component] = new
    return names


def _pascal(service: str) -> str:
    return "".join(word.capitalize() for word in service.split("-"))


def _with_refs(value: Any, refs: Mapping[str, str]) -> Any:
    """The same with other references; a discriminator's mapping names components as a reference does."""
    if isinstance(value, Mapping):
        return {key: _with_refs(inner, refs) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_refs(inner, refs) for inner in value]
    return refs.get(value, value) if isinstance(value, str) else value


def _paths(service: str, contract: Contract, taken: set[str]) -> dict[str, Any]:
    """The paths of a contract, full; operation ids that are taken get the service's name in front."""
    base = base_of(contract)
    full = {}
    for path, item in contract["paths"].items():
        outside = item.get("servers") == [{"url": "/"}]
        own = {key: value for key, value in item.items() if key != "servers"}
        for method in _METHODS:
            if method in own:
                own[method] = _operation(service, own[method], taken)
        full[path if outside else base + path] = own
    return full


def _operation(service: str, operation: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    own = {**operation, "tags": [f"{service}: {tag}" for tag in operation.get("tags", ())] or [service]}
    if name := operation.get("operationId"):
        if name in taken:
            own["operationId"] = f"{service.replace('-', '_')}_{name}"
        taken.add(own["operationId"])
    return own


def _tags_of(paths: Mapping[str, Any]) -> list[str]:
    """The tags in use, in the order of their first use."""
    return list(dict.fromkeys(tag for _, operation in operations(paths) for tag in operation["tags"]))


def operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every operation with its path."""
    for path, item in paths.items():
        for method in _METHODS:
            if method in item:
                yield path, item[method]


def _security(contracts: Mapping[str, Contract], paths: Mapping[str, Any]) -> dict[str, Any]:
    """All schemes, each once; the flows of `oauth2` name every scope that an operation asks for."""
    schemes: dict[str, Any] = {}
    for contract in contracts.values():
        for name, scheme in contract.get("components", {}).get("securitySchemes", {}).items():
            schemes.setdefault(name, scheme)
    if SCHEME in schemes:
        scopes = {scope: _purpose(scope) for scope in sorted(_scopes(paths))}
        flows = schemes[SCHEME]["flows"]
        schemes[SCHEME] = {
            **schemes[SCHEME],
            "flows": {name: {**flow, "scopes": scopes} for name, flow in flows.items()},
        }
    return schemes


def _scopes(paths: Mapping[str, Any]) -> set[str]:
    alternatives: Sequence[Mapping[str, Sequence[str]]] = [
        alternative for _, operation in operations(paths) for alternative in operation.get("security", ())
    ]
    return {scope for alternative in alternatives for scope in alternative.get(SCHEME, ())}


def _purpose(scope: str) -> str:
    """`procedures:cases:read` -> `procedures: read cases`."""
    service, _, rest = scope.partition(":")
    nouns, _, verb = rest.partition(":")
    return f"{service}: {verb} {nouns}".replace("-", " ") if verb else scope
