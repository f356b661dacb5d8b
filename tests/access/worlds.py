"""The world of each member; importing them declares every recipe."""

from tests.access import gateway_world, identity_world, open_data_world, participation_world, procedures
from tests.access.walk import Ground

WORLDS: dict[str, type[Ground]] = {
    "identity": identity_world.World,
    "procedures": procedures.World,
    "open-data": open_data_world.World,
    "participation": participation_world.World,
    "gateway": gateway_world.World,
}
