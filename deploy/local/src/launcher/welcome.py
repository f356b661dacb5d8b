"""What is printed when everything is up: where it is, how to sign in, what to try first."""

import json
from typing import Any

from launcher.services import GATEWAY
from launcher.state import State
from launcher.terminal import Terminal


def welcome(terminal: Terminal, state: State) -> None:
    """Tell addresses, accounts and three first requests."""
    told: dict[str, Any] = json.loads(state.credentials.read_text("utf-8"))
    terminal.title("Motcua is up.")
    terminal.say(f"API            {GATEWAY.url}")
    terminal.say(f"Documentation  {GATEWAY.url}/")
    terminal.title("Accounts of the sample")
    for person in (*told["people"], *told["officials"]):
        terminal.say(f"{person['accountName']:<28} {person['password']}  {person['fullName']}")
    for client in told["clients"]:
        if secret := client.get("clientSecret"):
            terminal.say(f"{client['clientId']:<28} {secret}")
    terminal.say(f"(kept in {state.credentials})")
