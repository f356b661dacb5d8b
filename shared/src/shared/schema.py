"""The base of all request and response models: camelCase on the wire, snake_case in Python."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.errors import Text


class Schema(BaseModel):
    """A body. Unknown fields of a request are faults, so that a misspelt one is not silently dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="forbid", frozen=True
    )


class Words(Schema):
    """The same words in Vietnamese and English."""

    vi: str = Field(examples=["Một cửa"])
    en: str = Field(examples=["One door"])

    def text(self) -> Text:
        return Text(vi=self.vi, en=self.en)
