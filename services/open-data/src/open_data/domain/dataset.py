"""The datasets: what each is made of, and the words under which a publisher offers it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from open_data.domain.on_time import FEWEST
from open_data.domain.ratings import GROUP, SCORES
from open_data.domain.reported import FIGURES
from open_data.domain.table import Column, Type
from open_data.domain.version import Number, Version
from shared.errors import Forbidden, NotFound, Text


class DatasetNotFound(NotFound):
    slug = "dataset-not-found"
    title = Text(vi="Không có bộ dữ liệu này.", en="There is no such dataset.")


class NotThePublisher(Forbidden):
    slug = "not-the-publisher"
    title = Text(
        vi="Chỉ cơ quan công bố bộ dữ liệu mới được sửa thông tin mô tả.",
        en="Only the agency that publishes the dataset may describe it.",
    )


class Licence(StrEnum):
    """Codes of the licences of the EU's authority table that ask for attribution at most.

    Decree 47/2020/NĐ-CP lets everyone reuse open data free of charge, naming its source.
    """

    CC_BY_4_0 = "CC_BY_4_0"
    CC0 = "CC0"


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about a dataset: a desk, not a person."""

    name: Text
    email: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """The words under which a dataset is offered; its publisher may change them at any time."""

    title: Text
    description: Text
    keywords: tuple[Text, ...]
    licence: Licence
    contact: Contact


@dataclass(frozen=True, slots=True)
class Publisher:
    """The agency that answers for a dataset. Its name is absent, and `sequence` 0, until identity told it."""

    code: str
    name: Text | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it is offered now; `sequence` counts its publications and changes of description.

    `latest` is absent until the first publication. `seen` is how many events there were when it was last
    looked whether they change anything: while there are fewer, they are being read again.
    """

    id: UUID
    slug: str
    publisher: Publisher
    metadata: Metadata
    sequence: int = 0
    seen: int = 0
    latest: Version | None = None

    @property
    def state(self) -> str:
        """Differs whenever anything that is told of the dataset does."""
        return f"{self.sequence}.{self.publisher.sequence}"

    def described(self, metadata: Metadata, *, by: str | None) -> "Dataset":
        """The dataset under other words, on behalf of the agency `by`.

        Raises:
            NotThePublisher: it is another agency's dataset.
        """
        if by != self.publisher.code:
            raise NotThePublisher
        return replace(self, metadata=metadata, sequence=self.sequence + 1)

    def published(self, version: Version) -> "Dataset":
        """The dataset with one more version, unless it says what the latest of its edition says already."""
        seen = replace(self, seen=version.number.events)
        if self.latest and self.latest.says_the_same_as(version):
            return seen
        return replace(seen, latest=version, sequence=self.sequence + 1)

    def contradicts(self, version: Version) -> bool:
        """Whether this version says, of the same events and by the same rules, something else than the latest."""
        latest = self.latest
        if latest is None or version.number != Number(latest.number.edition, self.seen):
            return False
        return version.file != latest.file


@dataclass(frozen=True, slots=True)
class Definition:
    """What a dataset is made of. Another meaning or set of columns is another `edition`.

    `metadata` are the words it is first offered under.
    """

    slug: str
    edition: int
    columns: tuple[Column, ...]
    metadata: Metadata


def _text(name: str, vi: str, en: str, *, key: bool = True) -> Column:
    return Column(name, Type.TEXT, Text(vi=vi, en=en), key)


def _count(name: str, vi: str, en: str) -> Column:
    return Column(name, Type.INTEGER, Text(vi=vi, en=en))


def _decimal(name: str, vi: str, en: str) -> Column:
    return Column(name, Type.DECIMAL, Text(vi=vi, en=en))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


_AGENCY = _text("agency", "Mã cơ quan", "Code of the agency")
_MONTH = _text("month", "Tháng, theo giờ Việt Nam", "Month, in Vietnam's time")
_CONTACT = Contact(
    Text(vi="Bộ phận Dữ liệu mở", en="Open data desk"),
    "open-data@motcua.example",
)

ON_TIME_PROCESSING = Definition(
    slug="on-time-processing",
    edition=1,
    columns=(
        _AGENCY,
        _text("procedure", "Mã thủ tục hành chính", "Code of the administrative procedure"),
        _MONTH,
        _count("received", "Hồ sơ tiếp nhận trong tháng", "Cases received in the month"),
        _count("decided", "Hồ sơ có kết quả trong tháng", "Cases decided in the month"),
        _count("onTime", "Trong đó đúng hạn", "Of the decided, on time"),
        _count("late", "Trong đó quá hạn", "Of the decided, late"),
        _count(
            "closed", "Hồ sơ đã trả kết quả trong tháng", "Cases whose result was handed over in the month"
        ),
        _count(
            "refused", "Hồ sơ bị từ chối tiếp nhận trong tháng", "Cases refused at acceptance in the month"
        ),
        _count(
            "withdrawn",
            "Hồ sơ rút hoặc hết hiệu lực trong tháng",
            "Cases withdrawn or lapsed in the month, after receipt",
        ),
        _count(
            "lapsed",
            "Hồ sơ dừng do không bổ sung hoặc nộp phí trong tháng",
            "Cases that ended in the month because what was asked for did not come",
        ),
        _count(
            "inProgress",
            "Hồ sơ đang giải quyết cuối tháng (trống khi chưa hết tháng)",
            "Cases in progress at the month's end (empty while the month runs)",
        ),
        _count(
            "overdue",
            "Trong đó đã quá hạn (trống khi chưa hết tháng)",
            "Of those in progress, overdue (empty while the month runs)",
        ),
        _decimal(
            "meanDays",
            f"Số ngày trung bình từ tiếp nhận đến kết quả (ngày lịch; từ {FEWEST} hồ sơ, khi đã hết tháng)",
            f"Mean calendar days from receipt to decision, of {FEWEST} decided or more, once the month is over",
        ),
        _decimal(
            "medianDays",
            f"Số ngày trung vị từ tiếp nhận đến kết quả (ngày lịch; từ {FEWEST} hồ sơ, khi đã hết tháng)",
            f"Median calendar days from receipt to decision, of {FEWEST} decided or more, once the month is over",
        ),
    ),
    metadata=Metadata(
        title=Text(
            vi="Kết quả giải quyết thủ tục hành chính đúng hạn",
            en="On-time processing of administrative procedures",
        ),
        description=Text(
            vi="Số hồ sơ tiếp nhận, có kết quả đúng hạn và quá hạn, đang giải quyết của từng cơ quan, theo thủ "
            "tục và tháng. Số liệu tính trực tiếp từ các hồ sơ.",
            en="Cases received, decided on time and late, and in progress, of each agency by procedure and "
            "month. Computed from the cases themselves.",
        ),
        keywords=(
            Text(vi="thủ tục hành chính", en="administrative procedures"),
            Text(vi="đúng hạn", en="on-time processing"),
        ),
        licence=Licence.CC_BY_4_0,
        contact=_CONTACT,
    ),
)

SERVICE_RATINGS = Definition(
    slug="service-ratings",
    edition=1,
    columns=(
        _AGENCY,
        _MONTH,
        Column(
            "suppressed",
            Type.BOOLEAN,
            Text(
                vi=f"Số liệu được ẩn vì có ít hơn {GROUP} đánh giá",
                en=f"Figures hidden because there are fewer than {GROUP} ratings",
            ),
        ),
        _count(
            "ratings",
            f"Số đánh giá được tính, theo từng nhóm {GROUP} đánh giá",
            f"Ratings counted, in whole groups of {GROUP}",
        ),
        _decimal("mean", "Điểm trung bình", "Mean score"),
        *(_count(f"score{score}", f"Số đánh giá {score} điểm", f"Ratings of {score}") for score in SCORES),
    ),
    metadata=Metadata(
        title=Text(vi="Mức độ hài lòng của người dân", en="Service ratings"),
        description=Text(
            vi="Điểm từ 1 đến 5 mà người nộp hồ sơ chấm cho cơ quan giải quyết, theo tháng của hồ sơ. Ô có ít "
            f"hơn {GROUP} đánh giá được ẩn; ô lớn hơn chỉ tăng theo từng nhóm {GROUP} đánh giá.",
            en="Scores from 1 to 5 that applicants gave the agency that served them, by the month of their "
            f"case. Cells of fewer than {GROUP} ratings are hidden; others grow in whole groups of {GROUP}.",
        ),
        keywords=(
            Text(vi="mức độ hài lòng", en="satisfaction"),
            Text(vi="đánh giá", en="ratings"),
        ),
        licence=Licence.CC_BY_4_0,
        contact=_CONTACT,
    ),
)

_FIGURES = {
    "submitted": ("Hồ sơ nộp", "Cases filed"),
    "refused": ("Từ chối tiếp nhận", "Acceptance refused"),
    "received": ("Hồ sơ tiếp nhận", "Cases received"),
    "supplement_requests": ("Yêu cầu bổ sung", "Requests for a supplement"),
    "granted": ("Quyết định chấp thuận", "Decisions that grant"),
    "rejected": ("Quyết định từ chối", "Decisions that reject"),
    "early": ("Quyết định trước hạn", "Decided before the due date"),
    "on_time": ("Quyết định đúng hạn", "Decided on the due date, in time"),
    "late": ("Quyết định quá hạn", "Decided late"),
    "untermed": ("Quyết định không có thời hạn", "Decided, without a term"),
    "withdrawn": ("Hồ sơ rút sau tiếp nhận", "Withdrawn after receipt"),
    "lapsed": ("Dừng do không bổ sung hoặc nộp phí", "Lapsed for want of a supplement or the fee"),
    "closed": ("Đã trả kết quả", "Result handed over"),
    "with_electronic_result": ("Có kết quả điện tử", "With an electronic result"),
    "ended": ("Đã giải quyết xong", "Work ended"),
    "carried_over": ("Tồn đầu tháng", "Carried over"),
    "in_progress": ("Đang giải quyết cuối tháng", "In progress at the month's end"),
    "overdue": ("Trong đó quá hạn", "Of those, overdue"),
}

REPORTED_STATISTICS = Definition(
    slug="reported-statistics",
    edition=1,
    columns=(
        _AGENCY,
        _text("procedure", "Mã thủ tục hành chính", "Code of the administrative procedure"),
        _MONTH,
        _text("reportedIn", "Tháng của báo cáo", "Month of the report"),
        Column(
            "correction",
            Type.BOOLEAN,
            Text(vi="Điều chỉnh số liệu đã báo cáo", en="Corrects what was reported"),
        ),
        *(_count(_camel(name), *_FIGURES[name]) for name in FIGURES),
    ),
    metadata=Metadata(
        title=Text(
            vi="Báo cáo tháng về giải quyết thủ tục hành chính", en="Monthly reports of case handling"
        ),
        description=Text(
            vi="Số liệu từng tháng của mỗi cơ quan như đã báo cáo vào ngày làm việc thứ năm của tháng sau. Dòng điều "
            "chỉnh cho biết phần thay đổi sau báo cáo; số đúng của một tháng là tổng các dòng của tháng đó.",
            en="The figures of each agency's months as reported on the fifth working day after. Rows of "
            "corrections tell what came later; the true figure of a month is the sum of its rows.",
        ),
        keywords=(
            Text(vi="thủ tục hành chính", en="administrative procedures"),
            Text(vi="báo cáo", en="reports"),
        ),
        licence=Licence.CC_BY_4_0,
        contact=_CONTACT,
    ),
)

QUALITY_INDEX = Definition(
    slug="quality-index",
    edition=1,
    columns=(
        _AGENCY,
        _MONTH,
        _text("indicator", "Chỉ số", "What is measured"),
        _text("group", "Nhóm chỉ số", "Group of indicators", key=False),
        _count(
            "part",
            "Số đạt (trống khi không có hoặc quá ít để công bố)",
            "How many (empty: none, or too few to tell)",
        ),
        _count("whole", "Tổng số", "Of how many"),
        _decimal("points", "Điểm", "Points"),
        _count("most", "Điểm tối đa", "Points that can be reached"),
    ),
    metadata=Metadata(
        title=Text(
            vi="Chỉ số chất lượng phục vụ người dân, doanh nghiệp", en="Quality index of public service"
        ),
        description=Text(
            vi="Các chỉ số của mỗi cơ quan theo Quyết định 766/QĐ-TTg như đã báo cáo cùng số liệu của tháng, mỗi chỉ số "
            "một dòng. Điểm của một nhóm là tổng các dòng của nhóm; chỉ số không đo được thì không tính.",
            en="What each agency's months come to after Decision 766/QĐ-TTg, as reported with their figures, a row a "
            "ratio. The points of a group are the sum of its rows; what cannot be measured is left out.",
        ),
        keywords=(
            Text(vi="chất lượng phục vụ", en="quality of service"),
            Text(vi="thủ tục hành chính", en="administrative procedures"),
        ),
        licence=Licence.CC_BY_4_0,
        contact=_CONTACT,
    ),
)

DEFINITIONS: Mapping[str, Definition] = {
    definition.slug: definition
    for definition in (ON_TIME_PROCESSING, SERVICE_RATINGS, REPORTED_STATISTICS, QUALITY_INDEX)
}
