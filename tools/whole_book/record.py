"""What the book is called, whose it is, of which day: as CITATION.cff has it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Record:
    """title: "Fifty-Four Days: how …". address: where it is published, with a slash at the end, or nothing."""

    title: str
    author: str
    version: str
    day: date
    abstract: str
    address: str = ""

    @property
    def name(self) -> str:
        return self.title.partition(":")[0]

    @property
    def subtitle(self) -> str:
        subtitle = self.title.partition(":")[2].strip()
        return subtitle[:1].upper() + subtitle[1:]

    @property
    def imprint(self) -> str:
        where = f" The figures move at {self.address}" if self.address else " In the book's pages the figures move."
        return f"{self.author}. Version {self.version}, facts as of {self.day.day} {self.day:%B %Y}. Text and figures: CC BY 4.0; code: MIT.{where}"


def of_citation(citation: dict, address: str = "") -> Record:
    """The record of a parsed CITATION.cff."""
    author = ", ".join(author["name"] for author in citation["authors"])
    return Record(citation["title"], author, citation["version"], date.fromisoformat(citation["date-released"]), " ".join(citation["abstract"].split()), address)
