"""Identity: two districts, people, officials and clients of both, and one attempt at each route."""

from dataclasses import replace
from itertools import count
from typing import Any

from identity.consumers import HANDLERS
from identity.domain.pkce import challenge_of
from identity.upkeep import Upkeep
from shared.events.procedures import AccessRecorded, CaseSeen, CaseSubmitted
from shared.ids import new_id
from tests.access.walk import Attempt, Ground, recipes

recipe = recipes("identity")

BASE = "/identity/v1"
PASSWORD = "một mật khẩu đủ dài"
_NUMBERS = count(1)
_PERSON = (
    "identity:people:read identity:people:write identity:organisations:read identity:notifications:read "
    "openid profile"
)
_ADMINISTRATOR = (
    "identity:agencies:write identity:officials:read identity:officials:write identity:clients:read "
    "identity:clients:write identity:organisations:write"
)
_VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123"
_POST = {"unit": "BP_MOT_CUA", "role": "TIEP_NHAN"}
_CALLBACK = "http://127.0.0.1:9/callback"


class World(Ground):
    """The service, an agency, and another beside it."""

    agency: str
    other_agency: str

    async def prepare(self) -> None:
        await Upkeep(self.app.state.parts, self.app.state.identity).rotate()
        self.app.state.verifier.use_keys(self.tokens.keys)
        self.agency, self.other_agency = await self.new_agency(), await self.new_agency()

    @property
    def platform(self) -> dict[str, str]:
        """The platform's own client, of no agency."""
        return self.bearer(_ADMINISTRATOR, kind="client")

    def person(self, subject: str | None = None) -> dict[str, str]:
        return self.bearer(_PERSON, subject=subject or str(new_id()))

    def administrator(self, agency: str | None = None) -> dict[str, str]:
        """An official who administers this agency, or the first one."""
        posts = [("BP_MOT_CUA", "QUAN_TRI")]
        return self.bearer(_ADMINISTRATOR, kind="official", agency=agency or self.agency, posts=posts)

    def strangers(self) -> dict[str, dict[str, str]]:
        """Administrators of the other agency, and an official who belongs nowhere."""
        return {
            "an official of another agency": self.administrator(self.other_agency),
            "a client of another agency": self.bearer(
                _ADMINISTRATOR, kind="client", agency=self.other_agency
            ),
            "an official of no agency": self.bearer(_ADMINISTRATOR, kind="official"),
        }

    async def put(self, path: str, body: dict[str, Any], who: dict[str, str] | None = None) -> Any:
        """What is made by this POST, with its ETag under `etag`."""
        answer = await self.http.post(f"{BASE}/{path}", json=body, headers=who or self.platform)
        assert answer.status_code == 201, answer.text
        return {**answer.json(), "etag": answer.headers.get("etag")}

    async def new_agency(self, parent: str | None = None) -> str:
        number = next(_NUMBERS)
        code = f"{number // 100:03}.{number % 100:02}.00.H97"
        name = {"vi": f"Cơ quan {number}", "en": f"Agency {number}"}
        body = {"code": code, "parent": parent, "name": name, "units": [{"code": "BP_MOT_CUA", "name": name}]}
        await self.put("agencies", body)
        return code

    async def registered(self) -> dict[str, Any]:
        """A person with an account, the password `PASSWORD` and an address."""
        name = f"{new_id()}@example.com"
        address = {"kind": "email", "value": name}
        body = {"accountName": name, "password": PASSWORD, "fullName": "Người Dân Mẫu"}
        person: dict[str, Any] = await self.put("people", {**body, "contactAddresses": [address]})
        return person

    async def appointed(self) -> dict[str, Any]:
        """An official of the agency."""
        person = await self.registered()
        body = {"accountName": person["accountName"], "agency": self.agency, "posts": [_POST]}
        official: dict[str, Any] = await self.put("officials", body)
        return official

    def client_body(self) -> dict[str, Any]:
        return {
            "clientId": f"c-{new_id()}",
            "kind": "client",
            "name": {"vi": "Phần mềm", "en": "Software"},
            "authMethod": "client_secret_basic",
            "scopes": ["procedures:cases:read"],
            "agency": self.agency,
        }

    async def client(self) -> dict[str, Any]:
        """A client of the agency."""
        client: dict[str, Any] = await self.put("clients", self.client_body())
        return client

    async def own(self, path: str, **more: Any) -> Attempt:
        """An attempt at something of one's own, by a person; another person gets their own, or nothing."""
        person, other = await self.registered(), await self.registered()
        strangers = {
            "another person": self.person(other["id"]),
            "a person without an account": self.person(),
        }
        private = person["accountName"]
        return Attempt(f"{BASE}/{path}", self.person(person["id"]), strangers, private=private, **more)

    async def authorization(self) -> str:
        """The query of an authorization request of a first-party client."""
        body = self.client_body() | {
            "kind": "person",
            "authMethod": "none",
            "redirectUris": ["http://127.0.0.1/callback"],
            "agency": None,
        }
        client = await self.put("clients", body)
        return (
            f"response_type=code&client_id={client['clientId']}&redirect_uri={_CALLBACK}&state=s"
            f"&scope=procedures:cases:read&code_challenge={challenge_of(_VERIFIER)}&code_challenge_method=S256"
        )

    async def credentials(self) -> dict[str, str]:
        """The form by which a machine client proves itself."""
        client = await self.put("clients", self.client_body() | {"authMethod": "client_secret_post"})
        made = await self.put(f"clients/{client['clientId']}/secrets", {})
        return {"client_id": made["clientId"], "client_secret": made["clientSecret"]}


def _open(route: str, status: int = 200) -> None:
    @recipe(route)
    async def ask(_: World) -> Attempt:
        return Attempt(route.partition(" ")[2], status=status)


_open("GET /.well-known/openid-configuration")
_open("GET /.well-known/oauth-authorization-server")
_open("GET /.well-known/jwks.json")
_open("GET /oauth2/logout")
_open("POST /oauth2/logout")
_open("GET /outbox")
_open(f"GET {BASE}/agencies")


def _at_the_door(route: str, status: int) -> None:
    @recipe(route)
    async def ask(world: World) -> Attempt:
        return Attempt(f"{route.partition(' ')[2]}?{await world.authorization()}", status=status)


_at_the_door("GET /oauth2/authorize", 303)
_at_the_door("GET /sign-in", 200)
_at_the_door("POST /sign-in", 403)  # a form that was not shown to this browser
_at_the_door("GET /oauth2/consent", 303)
_at_the_door("POST /oauth2/consent", 303)


@recipe("POST /oauth2/authorize")
async def authorize_by_form(_: World) -> Attempt:
    return Attempt("/oauth2/authorize", form={"client_id": "any"}, status=303)


@recipe("POST /oauth2/token")
async def issue_token(world: World) -> Attempt:
    form = {"grant_type": "client_credentials", **await world.credentials()}
    return Attempt("/oauth2/token", form=form)


@recipe("POST /oauth2/revoke")
async def revoke_token(world: World) -> Attempt:
    return Attempt("/oauth2/revoke", form={"token": "any", **await world.credentials()})


@recipe("GET /oauth2/userinfo")
@recipe("POST /oauth2/userinfo")
async def read_user_info(world: World) -> Attempt:
    person = await world.registered()
    return Attempt("/oauth2/userinfo", world.person(person["id"]))


@recipe("POST /identity/v1/people")
async def register_person(_: World) -> Attempt:
    body = {"accountName": f"{new_id()}@example.com", "password": PASSWORD, "fullName": "Người Dân Mẫu"}
    return Attempt(f"{BASE}/people", json=body, status=201)


@recipe("GET /identity/v1/people/me")
async def read_person(world: World) -> Attempt:
    return await world.own("people/me")


@recipe("PUT /identity/v1/people/me")
async def change_person(world: World) -> Attempt:
    body = {"fullName": "Tên Khác", "language": "en"}
    return await world.own("people/me", json=body, headers={"if-match": '"1"'})


@recipe("PUT /identity/v1/people/me/contact-addresses")
async def change_contact_addresses(world: World) -> Attempt:
    body = {"contactAddresses": [{"kind": "phone", "value": "+84900000000"}]}
    return await world.own("people/me/contact-addresses", json=body, headers={"if-match": '"1"'})


@recipe("PUT /identity/v1/people/me/password")
async def change_password(world: World) -> Attempt:
    person = await world.registered()
    body = {"current": PASSWORD, "password": "một mật khẩu khác hẳn"}
    strangers = {"a person without an account": world.person()}
    refused = frozenset({400})
    return Attempt(
        f"{BASE}/people/me/password", world.person(person["id"]), strangers, body, status=204, refused=refused
    )


@recipe("POST /identity/v1/organisations")
async def register_organisation(world: World) -> Attempt:
    person, number = await world.registered(), next(_NUMBERS)
    name = {"vi": "Hợp tác xã Mẫu", "en": "Mau Cooperative"}
    body = {"taxCode": f"{number:09}0", "name": name, "representative": person["accountName"]}
    return Attempt(f"{BASE}/organisations", world.administrator(), json=body, status=201)


@recipe("GET /identity/v1/organisations")
async def list_organisations(world: World) -> Attempt:
    person, number = await world.registered(), next(_NUMBERS)
    name = {"vi": f"Hợp tác xã {new_id()}", "en": "Mau Cooperative"}
    body = {"taxCode": f"{number:09}0", "name": name, "representative": person["accountName"]}
    await world.put("organisations", body)
    strangers = {"another person": world.person()}
    return Attempt(f"{BASE}/organisations", world.person(person["id"]), strangers, private=name["vi"])


@recipe("POST /identity/v1/agencies")
async def register_agency(world: World) -> Attempt:
    number = next(_NUMBERS)
    name = {"vi": "Phường Mẫu", "en": "Mau Ward"}
    code = f"{number // 100:03}.{number % 100:02}.00.H97"
    body = {"code": code, "parent": world.agency, "name": name}
    return Attempt(
        f"{BASE}/agencies", world.administrator(), world.strangers(), body, private=code, status=201
    )


@recipe("GET /identity/v1/agencies/{code}")
async def read_agency(world: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{world.agency}")


@recipe("PUT /identity/v1/agencies/{code}")
async def change_agency(world: World) -> Attempt:
    code = await world.new_agency(world.agency)
    body = {"parent": world.agency, "name": {"vi": "Tên khác", "en": "Another name"}}
    return Attempt(
        f"{BASE}/agencies/{code}",
        world.administrator(),
        world.strangers(),
        body,
        headers={"if-match": '"1"'},
        private=code,
    )


@recipe("POST /identity/v1/officials")
async def appoint_official(world: World) -> Attempt:
    person = await world.registered()
    body = {"accountName": person["accountName"], "agency": world.agency, "posts": [_POST]}
    private = person["id"]
    return Attempt(
        f"{BASE}/officials", world.administrator(), world.strangers(), body, private=private, status=201
    )


@recipe("GET /identity/v1/officials")
async def list_officials(world: World) -> Attempt:
    official = await world.appointed()
    path = f"{BASE}/officials?agency={world.agency}&limit=200"
    return Attempt(path, world.administrator(), world.strangers(), private=official["id"])


async def _official(world: World) -> Attempt:
    official = await world.appointed()
    return Attempt(
        f"{BASE}/officials/{official['id']}",
        world.administrator(),
        world.strangers(),
        headers={"if-match": official["etag"]},
        private=official["id"],
    )


@recipe("GET /identity/v1/officials/{official_id}")
async def read_official(world: World) -> Attempt:
    return await _official(world)


@recipe("PUT /identity/v1/officials/{official_id}")
async def change_posts(world: World) -> Attempt:
    return replace(await _official(world), json={"posts": [_POST | {"role": "TRA_KET_QUA"}]})


@recipe("DELETE /identity/v1/officials/{official_id}")
async def remove_official(world: World) -> Attempt:
    return replace(await _official(world), private="", status=204)


@recipe("POST /identity/v1/clients")
async def register_client(world: World) -> Attempt:
    body = world.client_body()
    private = body["clientId"]
    return Attempt(
        f"{BASE}/clients", world.administrator(), world.strangers(), body, private=private, status=201
    )


@recipe("GET /identity/v1/clients")
async def list_clients(world: World) -> Attempt:
    client = await world.client()
    path = f"{BASE}/clients?limit=200"
    return Attempt(path, world.administrator(), world.strangers(), private=client["clientId"])


async def _client(world: World, path: str = "") -> Attempt:
    client = await world.client()
    return Attempt(
        f"{BASE}/clients/{client['clientId']}{path}",
        world.administrator(),
        world.strangers(),
        headers={"if-match": client["etag"]},
        private=client["clientId"],
    )


@recipe("GET /identity/v1/clients/{client_id}")
async def read_client(world: World) -> Attempt:
    return await _client(world)


@recipe("PUT /identity/v1/clients/{client_id}")
async def change_client(world: World) -> Attempt:
    body = {key: value for key, value in world.client_body().items() if key not in ("clientId", "kind")}
    return replace(await _client(world), json={**body, "enabled": False})


@recipe("POST /identity/v1/clients/{client_id}/secrets")
async def renew_secret(world: World) -> Attempt:
    return replace(await _client(world, "/secrets"), status=201)


@recipe("GET /identity/v1/notifications")
async def list_notifications(world: World) -> Attempt:
    person = await world.registered()
    event = CaseSubmitted(
        code=f"{world.agency}-261123-{next(_NUMBERS):04}",
        procedure="TP01",
        version=1,
        agency=world.agency,
        applicant=person["id"],
        status="submitted",
    )
    envelope = event.envelope(subject=new_id(), sequence=1, at=world.clock.now())
    async with world.database.transaction() as tx:
        await HANDLERS[CaseSubmitted](tx, envelope, event)
    strangers = {"another person": world.person()}
    return Attempt(f"{BASE}/notifications", world.person(person["id"]), strangers, private=event.code)


@recipe("GET /identity/v1/people/me/access-records")
async def list_access_records(world: World) -> Attempt:
    person = await world.registered()
    seen = CaseSeen(
        case_id=new_id(),
        code=f"{world.agency}-261123-{next(_NUMBERS):04}",
        procedure="TP01",
        person=person["id"],
    )
    event = AccessRecorded(
        reader=str(new_id()), reader_kind="official", agency=world.agency, purpose="case", cases=(seen,)
    )
    envelope = event.envelope(subject=new_id(), sequence=1, at=world.clock.now())
    async with world.database.transaction() as tx:
        await HANDLERS[AccessRecorded](tx, envelope, event)
    return Attempt(
        f"{BASE}/people/me/access-records",
        rightful=world.person(person["id"]),
        strangers={"another person": world.person()},
        private=seen.code,
    )
