"""Where entries and blocks lie in a text that does not parse: by brackets, and by how it is indented."""

from __future__ import annotations

import re

CLOSES = {"{": "}", "[": "]", "(": ")"}
OPAQUE = re.compile(r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|/(?:[^/\\\n]|\\.)+/', re.S)


class Layout:
    """The brackets of one text. `mask` is the text with strings, comments and regexes blanked out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mask = OPAQUE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
        self.match: dict[int, int] = {}  # opening to closing bracket, and back, where they fit
        self.mistaken: dict[int, int] = {}  # "[" to the "}" that seems to be meant to close it
        self.stray: list[int] = []  # closing brackets that close nothing
        stack: list[int] = []
        for found in re.finditer(r"[{}\[\]()]", self.mask):
            place = found.start()
            if found.group() in CLOSES:
                stack.append(place)
                continue
            if found.group() == "}" and stack and self._closes_a_list(stack, place):
                self.mistaken[stack.pop()] = place
                continue
            # a "}" closes its block even over a "[" that was forgotten inside
            while stack and found.group() == "}" and self.mask[stack[-1]] != "{":
                stack.pop()
            if stack and CLOSES[self.mask[stack[-1]]] == found.group():
                self.match[stack[-1]] = place
                self.match[place] = stack.pop()
            elif not stack:
                self.stray.append(place)

    def _closes_a_list(self, stack: list[int], place: int) -> bool:
        """Whether a "}" ends a "[", judged by how both stand, and the block around it goes on."""
        block = next((opener for opener in reversed(stack) if self.mask[opener] == "{"), None)
        if self.mask[stack[-1]] != "[" or block is None:
            return False
        if self._first_of_its_line(place):
            return self.indent(place) == self.indent(stack[-1]) != self.indent(block)
        return self.line(place) == self.line(stack[-1]) != self.line(block)

    def _first_of_its_line(self, place: int) -> bool:
        return not self.mask[self.line(place)[0] : place].strip()

    def one_too_many(self, until: int) -> int | None:
        """Where some "}" closes nothing: the first that seems to be too much, judged by how it is indented
        and by how the next line is."""
        if not any(self.mask[place] == "}" for place in self.stray):
            return None
        for found in re.finditer(r"\}", self.mask[:until]):
            place = found.start()
            opener = self.match.get(place)
            following = re.compile(r"\S").search(self.mask, place + 1)
            if opener is None or self.line(opener) == self.line(place):
                continue
            goes_on = following is not None and self.indent(following.start()) > self.indent(opener)
            if goes_on or (self._first_of_its_line(place) and self.indent(place) > self.indent(opener)):
                return place
        return None

    def written_until(self, place: int) -> int:
        """Where the last thing before a place ends that is no remark."""
        text = OPAQUE.sub(lambda m: ("x", " ")[m.group()[0] == "#"] * len(m.group()), self.text[:place])
        return len(text.rstrip())

    def opened(self, until: int) -> list[int]:
        """Brackets that are open at a place, outermost first."""
        found: list[int] = []
        for bracket in re.finditer(r"[{}\[\]()]", self.mask[:until]):
            if bracket.group() in CLOSES:
                found.append(bracket.start())
            elif found:
                found.pop()
        return found

    def line(self, place: int) -> tuple[int, int]:
        end = self.mask.find("\n", place)
        return self.mask.rfind("\n", 0, place) + 1, len(self.mask) if end < 0 else end

    def number(self, place: int) -> int:
        return self.mask.count("\n", 0, place) + 1

    def indent(self, place: int) -> int:
        start, end = self.line(place)
        return len(self.mask[start:end]) - len(self.mask[start:end].lstrip())

    def unclosed_block(self, opened: list[int]) -> tuple[int, int]:
        """The block whose bracket seems to be missing, judged by indentation, and where it should end."""
        for found in re.finditer(r"\{", self.mask):
            opener = found.start()
            depth, closer = self.indent(opener), self.match.get(opener)
            at = self.line(opener)[1] + 1
            while at < len(self.mask):
                start, end = self.line(at)
                at = end + 1
                words = self.mask[start:end].strip()
                first = start + len(self.mask[start:end]) - len(self.mask[start:end].lstrip())
                if not words:
                    continue
                if closer is not None and start > closer:
                    break
                if self.indent(start) > depth:
                    continue
                if words[0] == "}" and self.indent(start) == depth:
                    break
                if closer is not None and start <= closer < end and first != closer:
                    break
                return opener, start
        return opened[-1], len(self.mask)

    def entry(self, place: int) -> tuple[int, int]:
        """The smallest entry of a block, or else the lines of a definition, that holds a place."""
        opened = self.opened(place)
        blocks = [i for i, bracket in enumerate(opened) if self.mask[bracket] == "{"]
        inner = opened[blocks[-1] + 1 :] if blocks else opened
        block = opened[blocks[-1]] if blocks else -1
        head = inner[0] if inner else place
        start = max(self.line(head)[0], block + 1)
        comma = self._last_comma(start, head)
        start = comma + 1 if comma is not None else start
        return start, self._entry_end(start, place)

    def _last_comma(self, start: int, until: int) -> int | None:
        depth, found = 0, None
        for mark in re.finditer(r"[{}\[\](),]", self.mask[start:until]):
            char = mark.group()
            depth += 1 if char in CLOSES else -1 if char != "," else 0
            if char == "," and depth == 0:
                found = start + mark.start()
        return found

    def _entry_end(self, start: int, place: int) -> int:
        """After the comma, or before the closing bracket of the block, or at the end of a line."""
        depth = 0
        end = self.line(place)[1]
        for mark in re.finditer(r"[{}\[\](),\n]", self.mask[start:]):
            at, char = start + mark.start(), mark.group()
            if char in CLOSES:
                depth += 1
            elif char in "}])":
                depth -= 1
                if depth < 0:
                    return max(at, place) if at >= place else max(place + 1, end)
            elif depth == 0 and at >= place:
                return at + 1 if char == "," else at
        return len(self.mask)
