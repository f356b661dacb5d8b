"""An agency whose systems do a step of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from shared.ids import new_id

TASKS = "/procedures/v1/external-tasks"
SCOPES = "procedures:tasks:work procedures:documents:write"


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


@dataclass
class TaxAgency:
    """Its systems, what they are left, and what they send."""

    world: Any
    agency: str

    def steps(self, attempts: int = 3) -> list[dict[str, Any]]:
        """Received; the tax agency's systems say what is owed; processed."""
        return [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "THU_LY", agency=self.agency, external={"attempts": attempts}),
            step("THU_LY", "PHONG_TU_PHAP", None),
        ]

    def system(self, name: str = "tax-system", agency: str | None = None) -> dict[str, str]:
        token: dict[str, str] = self.world.bearer(
            SCOPES, kind="client", agency=agency or self.agency, subject=name, client_id=name
        )
        return token

    def official(self) -> dict[str, str]:
        token: dict[str, str] = self.world.official("tax", self.agency)
        return token

    async def file(self, number: int = 1, steps: list[dict[str, Any]] | None = None) -> tuple[str, list[str]]:
        """A procedure, and accepted cases of it that wait for the systems."""
        procedure = await self.world.publish(steps=steps or self.steps())
        return procedure, [await self.another(procedure) for _ in range(number)]

    async def another(self, procedure: str) -> str:
        case = str((await self.world.submit(procedure))["id"])
        accepted = await self.world.act(case, "acceptance", self.world.official("desk"))
        assert accepted.status_code == 201, accepted.text
        return case

    async def claim(self, who: dict[str, str], procedure: str, **more: Any) -> Any:
        return await self.world.http.post(
            f"{TASKS}/claims", json={"procedure": procedure, **more}, headers=who
        )

    async def claimed(self, who: dict[str, str], procedure: str, **more: Any) -> Sequence[dict[str, Any]]:
        answer = await self.claim(who, procedure, **more)
        assert answer.status_code in (200, 201), answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def do(self, who: dict[str, str], task: dict[str, Any], command: str, **body: Any) -> Any:
        path = f"{TASKS}/{task['caseId']}/steps/{task['step']}/{command}"
        return await self.world.http.post(path, json={"lease": task["lease"], **body}, headers=who)

    async def kinds(self, case: str) -> list[str]:
        """What was done to the case."""
        path = f"/procedures/v1/cases/{case}/log"
        log = (await self.world.http.get(path, headers=self.world.citizen())).json()
        assert log["sound"] is True
        return [entry["act"]["kind"] for entry in log["entries"]]

    async def told(self, case: str) -> list[str]:
        """What was told of the tasks of the case."""
        rows = await self.world.told("procedures.task.v1", "caseId", case)
        return [row.type.split(".")[2] for row in rows]


@pytest.fixture
def tax(world: Any) -> TaxAgency:
    """An agency that no other test has."""
    return TaxAgency(world, f"H{new_id().hex[-5:].upper()}")
