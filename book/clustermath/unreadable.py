"""The one error of everything that reads a file."""


class Unreadable(ValueError):
    """Why a file can't be read: what was expected and what was found.

    words: a sentence, perhaps with places for values such as {name} or {size:,}, which `found` fills.
    """

    def __init__(self, words: str, **found):
        super().__init__(words.format(**found) if found else words)
