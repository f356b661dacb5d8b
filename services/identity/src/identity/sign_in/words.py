"""What the pages say, in both languages."""

from collections.abc import Mapping

from shared.errors import Text

WORDS: Mapping[str, Text] = {
    "brand": Text(vi="Một cửa", en="Motcua"),
    "motto": Text(vi="Mọi thủ tục, một cánh cửa.", en="Every public service, one door."),
    "promise": Text(
        vi="Nộp hồ sơ, theo dõi và nhận kết quả ở bất cứ đâu, bất cứ lúc nào.",
        en="Apply, follow your case and receive the result, wherever you are.",
    ),
    "sign_in": Text(vi="Đăng nhập", en="Sign in"),
    "to_continue": Text(vi="để tiếp tục đến", en="to continue to"),
    "account_name": Text(vi="Tên đăng nhập", en="Account name"),
    "password": Text(vi="Mật khẩu", en="Password"),
    "language": Text(vi="Ngôn ngữ", en="Language"),
    "safety": Text(
        vi="Chỉ nhập mật khẩu trên trang này. Cán bộ không bao giờ hỏi mật khẩu của bạn.",
        en="Enter your password on this page only. No official will ever ask you for it.",
    ),
    "wrong": Text(
        vi="Tên đăng nhập hoặc mật khẩu chưa đúng. Hãy kiểm tra rồi thử lại.",
        en="The account name or password is not right. Check both and try again.",
    ),
    "stale": Text(
        vi="Trang này đã mở quá lâu hoặc trình duyệt chặn cookie. Hãy đăng nhập lại.",
        en="This page was open too long, or your browser blocks cookies. Please sign in again.",
    ),
    "consent": Text(vi="Cho phép ứng dụng", en="Allow an application"),
    "consent_asks": Text(vi="xin phép bạn:", en="asks your permission to:"),
    "consent_as": Text(vi="Bạn đang đăng nhập với tên", en="You are signed in as"),
    "allow": Text(vi="Cho phép", en="Allow"),
    "deny": Text(vi="Từ chối", en="Refuse"),
    "sign_out": Text(vi="Đăng xuất", en="Sign out"),
    "sign_out_ask": Text(
        vi="Bạn muốn đăng xuất khỏi trình duyệt này?", en="Do you want to sign out of this browser?"
    ),
    "signed_out": Text(vi="Bạn đã đăng xuất.", en="You are signed out."),
    "cannot": Text(vi="Không thể tiếp tục", en="We cannot go on"),
    "go_back": Text(
        vi="Hãy quay lại ứng dụng và thử lại. Nếu vẫn lỗi, hãy báo cho đơn vị cung cấp ứng dụng.",
        en="Go back to the application and try again. If it stays, tell those who provide it.",
    ),
    "nowhere": Text(
        vi="Hãy mở ứng dụng bạn muốn dùng và chọn Đăng nhập ở đó.",
        en="Open the application you want to use and choose Sign in there.",
    ),
}

SCOPES: Mapping[str, Text] = {
    "openid": Text(vi="biết bạn là ai trong lần đăng nhập này", en="know that it is you who signs in"),
    "profile": Text(vi="xem họ tên và ngôn ngữ của bạn", en="see your name and language"),
    "email": Text(vi="xem địa chỉ thư điện tử của bạn", en="see your email address"),
    "phone": Text(vi="xem số điện thoại của bạn", en="see your phone number"),
    "identity:people:read": Text(vi="xem thông tin cá nhân của bạn", en="see your personal details"),
    "identity:people:write": Text(vi="sửa thông tin cá nhân của bạn", en="change your personal details"),
    "identity:organisations:read": Text(
        vi="xem các tổ chức mà bạn đại diện", en="see the organisations that you represent"
    ),
    "identity:notifications:read": Text(vi="đọc thông báo gửi cho bạn", en="read messages sent to you"),
    "procedures:cases:read": Text(vi="xem hồ sơ của bạn", en="see your cases"),
    "procedures:cases:submit": Text(vi="nộp và bổ sung hồ sơ thay bạn", en="submit and amend cases for you"),
    "procedures:documents:write": Text(vi="tải giấy tờ của bạn lên", en="upload documents of yours"),
    "participation:comments:write": Text(vi="góp ý thay bạn", en="comment on drafts for you"),
    "participation:ratings:write": Text(vi="đánh giá dịch vụ thay bạn", en="rate a service for you"),
    "events:stream:read": Text(vi="theo dõi diễn biến hồ sơ của bạn", en="follow what happens to your cases"),
    # What officials alone are asked for.
    "identity:agencies:write": Text(vi="sửa cơ cấu cơ quan", en="change your agency and its units"),
    "identity:officials:read": Text(vi="xem cán bộ của cơ quan", en="see the officials of your agency"),
    "identity:officials:write": Text(vi="bổ nhiệm và điều chuyển cán bộ", en="appoint and move officials"),
    "identity:clients:read": Text(vi="xem ứng dụng của cơ quan", en="see the programs of your agency"),
    "identity:clients:write": Text(vi="đăng ký ứng dụng cho cơ quan", en="register programs for your agency"),
    "identity:organisations:write": Text(vi="ghi nhận tổ chức", en="enter organisations"),
    "procedures:cases:process": Text(vi="xử lý hồ sơ thay bạn", en="work on cases for you"),
    "procedures:procedures:write": Text(vi="soạn và công bố thủ tục", en="draft and publish procedures"),
    "procedures:calendars:write": Text(vi="sửa lịch làm việc", en="change working calendars"),
    "procedures:disposals:read": Text(
        vi="xem hồ sơ đến hạn hủy hoặc chuyển lưu trữ",
        en="see which cases are due to be destroyed or archived",
    ),
    "procedures:disposals:write": Text(
        vi="hủy, chuyển lưu trữ và giữ lại hồ sơ", en="destroy, archive and hold cases"
    ),
    "procedures:work:manage": Text(vi="phân công việc của cơ quan", en="share out the work of your agency"),
    "open-data:datasets:write": Text(vi="mô tả bộ dữ liệu mở", en="describe open datasets"),
    "participation:ratings:read": Text(vi="xem đánh giá của người dân", en="see how people rated services"),
    "participation:consultations:write": Text(vi="mở và đóng lấy ý kiến", en="open and close consultations"),
}


def words_in(language: str) -> dict[str, str]:
    """Every word of the pages in one language."""
    return {name: text.in_language(language) for name, text in WORDS.items()}


def scope_words(scopes: frozenset[str], language: str) -> list[str]:
    """What the scopes allow, in words; a scope that has none is shown as it is written."""
    return [SCOPES[scope].in_language(language) if scope in SCOPES else scope for scope in sorted(scopes)]
