"""What the fonts of our papers show, and how a text is set of which they do not show all.

Nobody is refused a paper over a character: what cannot be shown stands there so that it can be read, and always in
the same way. What is signed as data keeps the text as it was written.
"""

from functools import cache
from unicodedata import category, normalize

_RANGES = """
0020-007E 00A0-00AC 00AE-034E 0350-0377 037A-037F 0384-038A 038C 038E-03A1 03A3-0482 048A-04FF 0510-0513 051A-051D
0531-0556 0559-058A 058D-058F 1D00-1DBF 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D
1F80-1FB4 1FB6-1FC4 1FC6-1FD3 1FD6-1FDB 1FDD-1FEF 1FF2-1FF4 1FF6-1FFE 2000-200A 2010-2027 202F-2040 2042 2044-2052
2054-205F 2070-2071 2074-208E 2090-209C 20A0-20C0 2100-211E 2120 2122 2124 2126-2151 2153-2184 2189 2190-23FF
2422-2423 2460-2606 2609-262F 2638-268B 2690-269C 26A0-26A7 26AA-26AF 26B2 2701-2704 2706-2709 270C-2714 2717-2726
272A-274B 274D 274F-2752 2756 2758-275E 2761-277F 2794 2798-27AF 27B1-2B73 2B76-2B95 2B97-2BFF 2C60-2CEE 2CF2-2CF3
2CF9-2CFF 2E02-2E05 2E08-2E0A 2E17-2E18 2E1F 2E22-2E25 2E2E FFFD
"""
"""Letters and marks of Latin, Greek, Cyrillic and Armenian, and signs: what the fonts that Typst brings along show in
a PDF/A, each by itself. Left out are scripts that they have only in part, and marks that some letters take only in
another font."""

_BULLETS = "\uf0b7\uf0a7\uf0fc\uf0d8\uf076"
"""Of lists in Word: characters of its symbol fonts, which nobody else knows."""

_INVISIBLE = frozenset(map(chr, (0x034F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""What picks the look of the character before; control and format characters are known by their category."""


def as_shown(text: str) -> str:
    """The text as it is set on paper: lines stay lines, and all in them can be shown."""
    return "\n".join("".join(map(_set, line)) for line in normalize("NFC", text).splitlines())


@cache
def glyphs() -> frozenset[str]:
    """The characters that the fonts show."""
    bounds = [part.partition("-") for part in _RANGES.split()]
    return frozenset(
        chr(code) for first, _, last in bounds for code in range(int(first, 16), int(last or first, 16) + 1)
    )


def _set(char: str) -> str:
    if char in glyphs():
        return char
    if char == "\t":
        return " "
    if char in _BULLETS:
        return "•"
    if category(char) in ("Cc", "Cf") or char in _INVISIBLE:
        return ""
    plain = normalize("NFKC", char)
    return plain if glyphs().issuperset(plain) else f"[U+{ord(char):04X}]"
