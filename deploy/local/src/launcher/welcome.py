"""What is printed when everything is up: where it is, how to sign in, what to try first."""

import json
from typing import Any

from launcher.services import BANK, GATEWAY, IDENTITY
from launcher.state import State
from launcher.terminal import Terminal

_INTEGRATOR = "he-thong-tich-hop"


def welcome(terminal: Terminal, state: State) -> None:
    """Tell the addresses, the sample's accounts, and what to begin with."""
    told: dict[str, Any] = json.loads(state.credentials.read_text("utf-8"))
    secrets = {client["clientId"]: client.get("clientSecret") for client in told["clients"]}
    terminal.title("\nMotcua is up. Ctrl-C ends it.")
    terminal.say(f"documentation  {GATEWAY.url}/docs")
    terminal.say(f"API            {GATEWAY.url}/openapi.json")
    terminal.say(f"events         {GATEWAY.url}/asyncapi.json")
    terminal.say(f"messages sent  {IDENTITY.url}/outbox")
    terminal.title(f"\nThe sample's accounts (kept in {state.credentials})")
    for account in (*told["people"], *told["officials"]):
        posts = ", ".join(f"{post['unit']}/{post['role']}" for post in account.get("posts", ()))
        holds = f" ({posts} of {account['agency']})" if posts else ""
        terminal.say(f"{account['accountName']:<26} {account['password']:<18} {account['fullName']}{holds}")
    for client, secret in secrets.items():
        if secret:
            terminal.say(f"{client:<26} {secret}")
    terminal.say(f"{BANK:<26} {state.signing_secret(BANK)} (signs what it tells of payments)")
    terminal.title("\nTo begin with")
    terminal.say("make demo      # from another terminal: one case of several agencies, and others")
    terminal.say(f"curl {GATEWAY.url}/procedures/v1/procedures")
    terminal.say(f"curl {GATEWAY.url}/open-data/v1/datasets")
    client = f"{_INTEGRATOR}:{secrets.get(_INTEGRATOR)}"
    terminal.say(f"curl -u {client} -d grant_type=client_credentials {GATEWAY.url}/oauth2/token")
