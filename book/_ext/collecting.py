"""Python looks for garbage less often while the book is built.

Trees of documents are millions of objects that live until the end, and Python's collector would go through all of them
again and again: a third of the processor's time. What is garbage on the way is little.
"""

import gc


def setup(app):
    gc.set_threshold(100_000, 20, 20)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
