"""Officials on the wire."""

from typing import Self
from uuid import UUID

from pydantic import Field

from identity.domain.official import Official, Post
from shared.schema import Schema


class PostBody(Schema):
    """A role in a unit."""

    unit: str = Field(max_length=40, examples=["BP_MOT_CUA"])
    role: str = Field(max_length=40, examples=["TIEP_NHAN"])

    def post(self) -> Post:
        return Post(self.unit, self.role)


class Posts(Schema):
    """Every post of an official."""

    posts: list[PostBody] = Field(max_length=50)

    def domain_posts(self) -> tuple[Post, ...]:
        return tuple(body.post() for body in self.posts)


class Appointment(Posts):
    """A person's appointment to an agency; `accountName` is what the person signs in with."""

    account_name: str = Field(max_length=100, examples=["can.bo@example.com"])
    agency: str = Field(max_length=40, examples=["000.00.01.H99"])


class OfficialView(Schema):
    """An official; `id` is the subject of their tokens."""

    id: UUID
    person_id: UUID
    agency: str = Field(examples=["000.00.01.H99"])
    posts: list[PostBody]

    @classmethod
    def of(cls, official: Official) -> Self:
        return cls(
            id=official.id,
            person_id=official.person_id,
            agency=official.agency,
            posts=[PostBody(unit=post.unit, role=post.role) for post in official.posts],
        )
