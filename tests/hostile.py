"""What machines, boxes, bundles and file names can say, and what must not be left of it."""

NASTY = {
    "clear the screen": "a\x1b[2J\x1b[Hb",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "eight bits": "\x9b2J\x9d0;owned\x9c\x85",
    "another line": "nothing\nfix: rm -rf /",
    "only a fix": "fix: rm -rf /",
    "rewritten line": "bad\rgood",
    "separators": "a\u2028fix: b\u2029fix: c\x0bd\x0ce\x1cf",
    "turned around": "x\u202egpj.exe\u2066\u2069\u200f",
    "nothing to see": "ad\u200bm\u00adin\ufeff\u2060\u115f\ufe0f\U000e0041",
    "half a letter": "\udc80\ud800",
    "backspace": "good\b\b\b\bevil\x7f\x00",
    "rich": "[bold red]x[/] [link=http://evil.example]y[/link]",
    "html": "</td><script>alert(1)</script><img src=x onerror=y>\"'",
    "markdown": "*a* _b_ `c` [d](http://evil.example) | <e> &f;\n# g",
    "typst": '#eval("1") $x$ <label> @cite *bold* \\',
    "formula": '=HYPERLINK("http://evil.example")',
    "another formula": "@SUM(1)",
    "xml": "]]> \x01 \ufffe &amp; <![CDATA[",
    "long": "A" * 5000,
}


def harmful(text: str, *, tabs: bool = True) -> set[str]:
    """The characters of ``text`` that would give an order or cannot be seen."""
    allowed = {"\n", "\u00a0", "\u202f"} | ({"\t"} if tabs else set())
    unseen = {"\u115f", "\ufe0f"}
    return {c for c in text if (not c.isprintable() or c in unseen) and c not in allowed}
