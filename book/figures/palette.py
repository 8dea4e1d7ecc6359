"""One colour for one thing, from the first page to the last: in charts, tiles and their words.

A colour means one thing among things of a kind. Time is what most figures split; memory, partners, links, ways to add up,
power and models have colours of their own. What the book computes, what a source claims and what was measured keep theirs in text and readouts
(`livefigure.look`). Colour is never the only sign: a name, a place or a line's dash says it too.
"""

# What the time of a chip goes into.
TIME = {
    "compute": "computed",  # matrix multiplies, attention: the model's own work
    "kernels": "ochre",  # all other kernels: norms, casts, routing, the optimizer
    "communication": "teal",  # whatever flows between GPUs, or to storage
    "bubble": "purple",  # a pipeline's stages wait for their turn
    "waiting": "grey",  # for the slowest, for a restart
    "launching": "measured",  # the chip waits for its orders
    "again": "rose",  # work that is done twice: recomputed, or lost with a failure
}
# What fills a GPU's memory.
MEMORY = {"weights": "computed", "gradients": "teal", "optimizer": "ochre", "activations": "purple", "logits": "grey", "reserve": "outline"}
# What other GPUs are to one: itself; those with another slice of its layers, other layers, other tokens, copies.
PARTNERS = {"own": "computed", "tp": "teal", "pp": "purple", "cp": "rose", "dp": "ochre"}
# What bytes travel on.
LINKS = {"nvlink": "teal", "nic": "ochre"}  # inside a domain; through the network cards and the switches above
# By which way GPUs add up what they hold: as clustermath.collectives calls it.
METHODS = {"ring": "computed", "tree": "teal", "hierarchical": "ochre", "in_network": "purple"}
# How the ranks of a group sit on the hardware.
RANKS = {"mapped": "computed", "random": "ochre"}
# The announced models, by family.
MODELS = {"ten": "computed", "six": "teal", "one_half": "ochre", "one": "purple", "imagine": "grey"}
# Who asks for power, draws, gives and keeps it.
POWER = {"asked": "grey", "racks": "computed", "turbines": "teal", "battery": "ochre"}
# What made a GPU train faster.
GAIN = {"chip": "ochre", "format": "teal", "size": "purple", "software": "computed"}

# The words by which figures call these things. A test holds every figure's labels, bars and legends against them.
WORDS = {
    "compute": ("multiplies", "matrix multiplies", "attention scores", "useful", "kept"),
    "kernels": ("other kernels", "norms, casts, routing"),
    "communication": ("communication", "tensor parallel", "context, expert parallel", "data parallel", "between stages", "checkpoints"),
    "bubble": ("bubble", "pipeline bubble"),
    "waiting": ("waiting", "waiting for the slowest", "uneven stages", "restarts", "restarting"),
    "launching": ("launching",),
    "again": ("recomputation", "done again", "lost, done again", "lost to failures"),
    "asked": ("asked by the chips",),
    "racks": ("drawn by the racks",),
    "turbines": ("from the turbines", "turbines"),
    "battery": ("battery gives", "battery takes"),
    "ring": ("ring",),
    "tree": ("tree",),
    "hierarchical": ("two levels",),
    "in_network": ("in the switches",),
}
# Words within a text that say what it is about, where it begins with a number.
ABOUT = {
    "nvlink": r"[GM]B (over )?NVLink$",
    "nic": r"[GM]B (through the )?NIC\b",
    "ten": r"^10T\b(?! as|, as)",
    "six": r"^6T\b",
    "one_half": r"^(2 × )?1\.5T\b",
    "one": r"^(2 × )?1T\b",
    "imagine": r"^Imagine V2\b",
}
