"""Random stage files that parse, in every layout that the language allows: comments and line breaks
wherever white space can be, commas or none, text blocks, nested brackets, all kinds of statements."""

from __future__ import annotations

from random import Random

NAMES = ["base", "ideas", "k", "stop", "one_instruction", "good_and_kept_after_the_second_filter"]
KINDS = ["stage", "generate", "filter", "prompt", "rules", "critic", "model", "profile"]
WORDS = ["by", "with", "at", "into", "over", "of", "as", "if", "otherwise"]
NUMBERS = ["5", "1..3", "15_000", "0.25", "1e-4", "-3", "1.50"]
QUANTITIES = ["5%", "5 %", "2 h", "15_000\tkept", "2.49 usd per h", "1.0   nats", "8 items"]
STRINGS = [
    '"a"',
    '""',
    '"with # and { \\" } [ in it"',
    '"\\n\\n"',
    f'"{"a long sentence " * 5}"',
    f'"{"0a" * 32}"',
]
REGEXES = ["/a#b/", r"/\n(Question|Q):/", r"/[.?!:\/\"')]$/"]
BLOCKS = [
    '"""\n    One.\n      Two  \n\n\tThree {{ four }} # five\n  """',
    '"""first line\n     second"""',
    '"""\n\n\n  after blank lines\\n  """',
    '"""on one line"""',
    '"""\n   \n"""',
    '"""\n\\"""quoted\\""" \\\n"""',
]
COMMENTS = [
    "# why",
    "#",
    "# { [ ( \" / '   ",
    "#tight",
    "# " + "word " * 20,
    "# odd \u2028 \x0c characters\x1c",
]
SPACES = [" ", " ", " ", "\n", "\n", "\n\n", "\n\n\n\n", "  ", "\t", " \n  ", "\r\n"]


class Spec:
    """A file in the making: tokens, and spaces drawn between them."""

    def __init__(self, draw: Random, comments: float = 0.05, breaks: float = 0.3) -> None:
        self.draw = draw
        self.comments = comments
        self.breaks = breaks
        self.parts: list[str] = []

    def text(self, definitions: int) -> str:
        if self.draw.random() < 0.9:
            self.put("language", "1")
        for _ in range(self.draw.randrange(3)):
            self.import_()
        for _ in range(definitions):
            self.definition(3)
        self.space()
        return "".join(self.parts)

    def put(self, *tokens: str) -> None:
        for token in tokens:
            self.space()
            self.parts.append(token)

    def space(self) -> None:
        if self.draw.random() < self.breaks:
            self.parts.append(self.draw.choice(SPACES))
        elif self.parts and self.parts[-1][-1].isalnum():
            self.parts.append(" ")
        while self.draw.random() < self.comments:
            self.parts.append(self.draw.choice(["", " ", "\n", "\n\n\n"]))
            self.parts.append(self.draw.choice(COMMENTS) + "\n")

    def comma(self, last: bool = False) -> None:
        if not last or self.draw.random() < 0.5:
            self.put(",")

    def some(self, most: int) -> range:
        return range(self.draw.randrange(most + 1))

    def name(self) -> str:
        return self.draw.choice(NAMES)

    def import_(self) -> None:
        self.put("from", self.draw.choice(STRINGS), "import", self.name())
        for _ in self.some(8):
            self.put(",", self.name())

    def definition(self, depth: int, kind: str = "") -> None:
        self.put(kind or self.draw.choice(KINDS), self.name())
        if self.draw.random() < 0.3:
            self.put("(")
            for i in (some := self.some(3)):
                self.put(self.name(), ":", self.name())
                self.comma(last=i == some[-1])
            self.put(")")
        if self.draw.random() < 0.1:
            self.put(self.draw.choice(["after", "like", "for"]), self.name())
        if self.draw.random() < 0.2:
            self.put("=")
            self.value(depth)
        else:
            self.block(depth)

    def block(self, depth: int) -> None:
        self.put("{")
        for _ in self.some(5):
            self.entry(depth - 1)
            if self.draw.random() < 0.4:
                self.put(",")
        self.put("}")

    def entry(self, depth: int) -> None:
        self.parts.append("\n" if self.draw.random() < 0.5 else " ")
        kind = self.draw.randrange(13)
        if kind == 0:
            self.put("reject", self.draw.choice(STRINGS), "when")
            self.phrase(depth)
        elif kind == 1:
            self.put("cut", "at", self.draw.choice(STRINGS))
        elif kind == 2:
            self.put("cut", "before", self.draw.choice(REGEXES))
        elif kind == 3:
            self.put("trim")
        elif kind == 4:
            self.put("example", "keep")
            self.block(min(depth, 1))
        elif kind == 5:
            self.put("example", "reject", self.draw.choice(STRINGS))
            self.block(min(depth, 1))
        elif kind == 6 and depth > 0:
            self.definition(depth)
        elif kind == 7:  # a word that would join this entry with the one before it
            self.parts.append("trim,")
            self.definition(0, kind=self.draw.choice([*WORDS, "or", "and", "matches"]))
        elif kind == 8:
            self.put("allow", "(", self.name(), ",", "because", "=", self.draw.choice([*STRINGS, *BLOCKS]))
            self.comma(last=True)
            self.put(")")
        else:
            self.put(self.name(), "=")
            self.value(depth)

    def value(self, depth: int) -> None:
        self.phrase(depth)
        if self.draw.random() < 0.1:
            self.block(depth - 1)

    def phrase(self, depth: int) -> None:
        self.operation(depth)
        if self.draw.random() < 0.2:
            for _ in self.some(3):
                self.put(self.draw.choice(WORDS))
                self.operation(depth)

    def operation(self, depth: int) -> None:
        self.sum(depth)
        for _ in self.some(4) if self.draw.random() < 0.2 else ():
            self.put(self.draw.choice(["or", "and", "or not"]))
            self.sum(depth)

    def sum(self, depth: int) -> None:
        self.atom(depth)
        shape = self.draw.randrange(8)
        if shape == 0:
            self.put("+")
            self.atom(depth)
        elif shape == 1:
            self.put(self.draw.choice(["<", ">=", "==", "!="]))
            self.atom(depth)
        elif shape == 2:
            self.put("matches", self.draw.choice(REGEXES))

    def atom(self, depth: int) -> None:
        kind = self.draw.randrange(14)
        if kind < 4 or depth <= 0:
            self.put(self.name())
        elif kind < 8:
            self.put(self.draw.choice([*NUMBERS, *QUANTITIES, *STRINGS, "true", "false", *REGEXES]))
        elif kind == 8:
            self.put(self.draw.choice(BLOCKS))
        elif kind < 11:
            self.put("[")
            for i in (some := self.some(5)):
                self.value(depth - 1)
                self.comma(last=i == some[-1])
            self.put("]")
        elif kind == 11:
            self.block(depth - 1)
        elif kind == 12:
            self.put("(")
            self.phrase(depth - 1)
            self.put(")")
        else:
            self.call(depth)

    def call(self, depth: int) -> None:
        self.put(self.name())
        if self.draw.random() < 0.3:
            self.put(".", self.name())
        self.put("(")
        for i in (some := self.some(4)):
            if self.draw.random() < 0.5:
                self.put(self.name(), "=")
            self.phrase(depth - 1)
            self.comma(last=i == some[-1])
        self.put(")")
