"""What a person is told of each look at their data, in words."""

from collections.abc import Mapping

from shared.errors import Text

_PURPOSES: Mapping[str, Text] = {
    "case": Text(vi="Mở xem hồ sơ", en="Opened the case"),
    "former_state": Text(
        vi="Xem hồ sơ như tại một thời điểm trước", en="Looked at the case as it stood before"
    ),
    "log": Text(vi="Xem nhật ký của hồ sơ", en="Read the log of the case"),
    "clock": Text(vi="Xem cách tính thời hạn của hồ sơ", en="Looked at how the case is dated"),
    "case_list": Text(vi="Xem danh sách có hồ sơ này", en="Saw the case in a list"),
    "work_list": Text(vi="Xem danh sách việc có hồ sơ này", en="Saw the case in a work list"),
    "document": Text(vi="Tải giấy tờ trong hồ sơ", en="Fetched a document of the case"),
    "handling": Text(vi="Giải quyết hồ sơ", en="Worked on the case"),
    "disposal": Text(
        vi="Xét lưu trữ hoặc hủy hồ sơ", en="Looked at whether the case is archived or destroyed"
    ),
    "payments": Text(vi="Đối soát tiền nộp của hồ sơ", en="Reconciled what was paid for the case"),
    "consultation": Text(vi="Được lấy ý kiến về hồ sơ", en="Was asked for an opinion on the case"),
    "export": Text(vi="Xuất dữ liệu có hồ sơ này", en="Exported data with the case in it"),
    "search": Text(vi="Tìm kiếm ra hồ sơ này", en="Found the case by a search"),
}


def purpose_in_words(purpose: str) -> Text:
    """What a look was for; a purpose that has no words yet is told as it is called."""
    return _PURPOSES.get(purpose, Text(vi=purpose, en=purpose))
