"""The fat tree that joins a number of GPUs: switches, cables, transceivers, bisection.

Example: python -m clustermath fabric --gpus 220k --switch 51.2t-128 --planes 2
"""

from ..cli import amount, one_of
from ..fabric import SWITCHES, fat_tree, fat_tree_capacity
from ..units import GIGA, TERA


def add_arguments(parser):
    parser.add_argument("--gpus", type=amount(parameter="endpoints"), required=True, help="how many, e.g. 220k")
    parser.add_argument("--switch", type=one_of(SWITCHES), required=True, help="one of: " + ", ".join(SWITCHES))
    parser.add_argument("--planes", type=amount(parameter="planes"), default=1, help="separate trees that each NIC is split over (1)")
    parser.add_argument("--oversubscription", type=amount(parameter="oversubscription"), default=1.0, help="ports down over ports up of a leaf (1)")


def run(args):
    switch = args.switch
    tree = fat_tree(args.gpus, switch.radix, switch.bandwidth, args.planes, args.oversubscription)
    return {
        "tiers": tree.tiers,
        "switches": {"leaf": tree.leaves, "middle": tree.middles, "top": tree.tops, "all": tree.switches},
        "cables": {"to_gpus": tree.host_cables, "between_switches": tree.switch_cables},
        "transceivers": tree.transceivers,
        "bisection_tbyte_per_s": tree.bisection / TERA,
        "nic_gbit_per_s": args.planes * switch.bandwidth * 8 / GIGA,
        "most_gpus_with_3_tiers": fat_tree_capacity(switch.radix, 3, args.oversubscription),
    }
