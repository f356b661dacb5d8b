"""Acting for an agency: only its own people and systems may."""

from shared.errors import Forbidden, Text


class AgencyMissing(Forbidden):
    """An official or agency's client without an agency in its token."""

    slug = "agency-missing"
    title = Text(vi="Mã truy cập không nêu cơ quan.", en="The access token names no agency.")


class AnotherAgency(Forbidden):
    """It belongs to another agency."""

    slug = "another-agency"
    title = Text(vi="Việc này thuộc cơ quan khác.", en="This belongs to another agency.")
