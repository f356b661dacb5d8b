import pytest

from gateway.routing import ROUTES, RouteTable, Service

TABLE = RouteTable(ROUTES)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/identity/v1/people/me", Service.IDENTITY),
        ("/procedures/v1/cases", Service.PROCEDURES),
        ("/procedures/v1", Service.PROCEDURES),
        ("/open-data/v1/datasets/d/data", Service.OPEN_DATA),
        ("/participation/v1/petitions", Service.PARTICIPATION),
        ("/.well-known/openid-configuration", Service.IDENTITY),
        ("/.well-known/jwks.json", Service.IDENTITY),
        ("/oauth2/token", Service.IDENTITY),
    ],
)
def test_a_path_belongs_to_the_service_it_names(path: str, service: Service) -> None:
    route = TABLE.find(path.split("/"))
    assert route is not None
    assert route.service is service


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/procedures",
        "/procedures/v2/cases",
        "/procedures/v10",
        "/oauth2x",
        "/.well-known/api-catalog",
        "/metrics",
    ],
)
def test_everything_else_is_the_portals(path: str) -> None:
    assert TABLE.find(path.split("/")) is None


def test_tokens_are_read_on_the_services_paths_and_not_on_the_oauth_endpoints() -> None:
    cases, token = TABLE.find(["", "procedures", "v1", "cases"]), TABLE.find(["", "oauth2", "token"])
    assert cases is not None
    assert token is not None
    assert cases.carries_tokens
    assert not token.carries_tokens
