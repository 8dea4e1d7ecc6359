"""The whole book as files: a PDF, an EPUB, and the site in a zip. All are made from the built site (tools/downloads.py)."""
