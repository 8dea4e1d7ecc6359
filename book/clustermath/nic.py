"""A GPU's share of the network, as people write it: "400 Gb/s", "8 x 400G", "3.2 Tb/s a node", "InfiniBand NDR"."""

from __future__ import annotations

import dataclasses
import re

from .checking import takes_records
from .hardware import Chip
from .links import SERVER

BITS = {"g": 1e9, "t": 1e12, "m": 1e6}  # of a second
INFINIBAND = {"fdr": 56.0, "edr": 100.0, "hdr": 200.0, "ndr": 400.0, "xdr": 800.0}  # Gb/s of four lanes (IBTA's roadmap)
EXAMPLES = "400 Gb/s, 50 GB/s, 8x400G, 3.2 Tb/s per node or NDR"
SPEED = re.compile(r"(?:(\d+)\s*[x×*]\s*)?(\d+(?:\.\d+)?)\s*(?:([gtm])\s*(b(?:its?|ytes?)?(?:ps|/s)?|))?\s*(.*)", re.IGNORECASE)
OF_A_NODE = re.compile(r"(?:a|an|per|each|/)\s*(?:node|server|host)\b|\bnodes?\b", re.IGNORECASE)
OF_A_GPU = re.compile(r"(?:a|an|per|each|/)\s*(?:gpu|rank|nic|port)\b", re.IGNORECASE)
KINDS = re.compile(r"infiniband|ethernet|roce(?:\s*v2)?|\bib\b|slingshot|efa|spectrum(?:-x)?|\b(?:fdr|edr|hdr|ndr|xdr)(?:\d{2,3})?\b|[(),;]|network|nics?\b", re.IGNORECASE)


def nic_bandwidth(text: str, domain: float) -> float:
    """What one GPU sends through the network in one direction [B/s]; ValueError, saying what may be written, for anything else.

    A number is in Gb/s and of each GPU, unless it says otherwise; "8 x 400G" and "a node" are a server's, of `domain` GPUs
    where these are no more than SERVER.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text; say a speed of a network and its unit, such as {EXAMPLES}")
    if not domain >= 1:
        raise ValueError(f"nic_bandwidth(): domain = {domain!r} is not possible. domain (GPUs that a server's network is shared by) must be a number that is at least 1.")
    said = text.strip()
    named = re.search(r"\b(fdr|edr|hdr|ndr|xdr)(\d*)\b", said, re.IGNORECASE)
    if named and not re.search(r"\d", said.replace(named[0], "")):
        return float(named[2] or INFINIBAND[named[1].lower()]) * 1e9 / 8
    match = SPEED.fullmatch(KINDS.sub(" ", said).strip())
    rest = match[5].strip() if match else said
    node = bool(OF_A_NODE.search(rest)) if match else False
    both = node and OF_A_GPU.search(rest)
    left = OF_A_GPU.sub("", OF_A_NODE.sub("", rest)).strip(" ,.")
    if not match or left or both or not float(match[1] or 1) * float(match[2]) > 0 or (named and not match[3]):
        raise ValueError(f"{text!r} is no speed of a network such as {EXAMPLES}")
    count, unit = float(match[1] or 1), match[4] or ""
    scale = BITS[(match[3] or "g").lower()] * (8 if "yte" in unit.lower() or (unit[:1] == "B" and "it" not in unit.lower()) else 1) / 8
    shared = node or (match[1] and not OF_A_GPU.search(rest))
    if shared and domain > SERVER:
        raise ValueError(f"{text!r} is of a node, and {domain:g} GPUs share a domain: say it per GPU")
    return count * float(match[2]) * scale / (domain if shared else 1)


@takes_records
def with_network(chip: Chip, text: str) -> Chip:
    """The chip with the share of the network that `text` gives it; as it is, for none. ValueError as in `nic_bandwidth`."""
    return chip if isinstance(text, str) and not text.strip() else dataclasses.replace(chip, nic=nic_bandwidth(text, chip.nvlink_domain))
