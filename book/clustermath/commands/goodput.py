"""How often failures interrupt a job, and how much of its time makes progress.

Example: python -m clustermath goodput --gpus 220k --failures llama --stall 30 --restart 300
"""

from ..cli import amount, check_idle, one_of
from ..failures import (
    FAILURE_RATES,
    daly_interval,
    first_order_goodput,
    goodput,
    mean_time_between_failures,
    restart_with_spares,
    young_interval,
)
from ..units import DAY, HOUR, MINUTE


def add_arguments(parser):
    parser.add_argument("--gpus", type=amount(parameter="gpus"), required=True, help="how many the job runs on, e.g. 220k")
    failing = parser.add_mutually_exclusive_group()
    failing.add_argument(
        "--failures",
        type=one_of(FAILURE_RATES),
        default="Llama 3 (H100)",
        help="failure rate as observed in: " + ", ".join(FAILURE_RATES) + " (Llama 3)",
    )
    failing.add_argument(
        "--failure-rate", type=amount("", "failure_rate", 1 / (1000 * DAY), "interruptions a day"), help="interruptions of 1,000 GPUs in a day, instead"
    )
    parser.add_argument("--stall", type=amount("s", "stall"), default=60.0, help="seconds a checkpoint stops the job (60)")
    parser.add_argument("--restart", type=amount("s", "restart"), default=600.0, help="seconds to compute again (600)")
    parser.add_argument("--interval", type=amount("s", "interval"), help="seconds between checkpoints (Daly's optimum)")
    parser.add_argument("--lag", type=amount("s", "lag"), default=0.0, help="seconds of writing in the background (0)")
    parser.add_argument("--spare-nodes", type=amount(parameter="spare_nodes"), help="nodes in reserve (always enough)")
    parser.add_argument("--repair-hours", type=amount("", "repair_time", HOUR, "hours"), default=24.0, help="until a failed node is back (24)")


def run(args):
    check_idle(("--repair-hours", args.repair_hours != 24, args.spare_nodes is not None, "without --spare-nodes"))
    rate = args.failures.rate if args.failure_rate is None else args.failure_rate / (1000 * DAY)
    mtbf = mean_time_between_failures(args.gpus, rate)
    restart = args.restart
    if args.spare_nodes is not None:
        restart = restart_with_spares(mtbf, args.restart, args.repair_hours * HOUR, args.spare_nodes)
    interval = daly_interval(mtbf, args.stall) if args.interval is None else args.interval
    return {
        "goodput": goodput(mtbf, interval, args.stall, restart, args.lag),
        "first_order_goodput": first_order_goodput(mtbf, interval, args.stall, restart),
        "minutes_between_failures": mtbf / MINUTE,
        "checkpoint_interval_s": interval,
        "young_interval_s": young_interval(mtbf, args.stall),
        "daly_interval_s": daly_interval(mtbf, args.stall),
        "restart_s": restart,
    }
