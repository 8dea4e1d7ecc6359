"""What claims are held against that is neither an output of a figure nor a fact: a division or two, each a function of its own.

Each returns a number in base units, or the two ends of a range. `computed` in data/claims.csv names it: "reckoned.households".
"""

from datetime import date

from clustermath.runs import RUNS
from clustermath.tables import read
from clustermath.units import HOUR, YEAR

from .ledger import claimed

SATURDAY = 5  # of date.weekday()
RENTS = 2.0, 3.0  # dollars for a GPU-hour: DeepSeek's assumption, and one above it


def outside(name: str, field: str) -> float:
    """A number from data/outside.csv, in base units."""
    return read("outside.csv")[name][field].number


def weekend_days() -> float:
    """How many of 22 and 23 March 2026 are days of a weekend."""
    return float(sum(date(2026, 3, day).weekday() >= SATURDAY for day in (22, 23)))


def run_lengths() -> tuple[float, float]:
    """GPU-hours over GPUs of two large runs whose bills are published [s]."""
    llama = RUNS["Llama 3.1 405B"]
    deepseek = outside("DeepSeek-V3", "gpu_time") / outside("DeepSeek-V3", "gpus")
    return min(deepseek, llama.gpu_time / llama.gpus), max(deepseek, llama.gpu_time / llama.gpus)


def ten_over_half() -> float:
    """Parameters of the largest of the seven over Grok 4.20's, both as claimed."""
    return claimed("001-06") / claimed("001-07")


def grok_over_sonnet() -> float:
    """Parameters of Grok 4.20 over Claude Sonnet's, both as claimed."""
    return claimed("001-07") / claimed("001-08")


def grok_over_opus() -> float:
    """Parameters of Grok 4.20 over Claude Opus's, both as claimed."""
    return claimed("001-07") / claimed("001-09")


def doubling() -> float:
    """GPUs of Colossus after its growth over those before, both as claimed."""
    return claimed("002-03") / claimed("002-01")


def raised_over_target() -> float:
    """Dollars of xAI's series E over those sought."""
    return outside("xAI series E", "raised") / outside("xAI series E", "sought")


def rent() -> tuple[float, float]:
    """Rent of the GPU-hours on Llama 3.1 405B's model card [dollar]."""
    low, high = (RUNS["Llama 3.1 405B"].gpu_time / HOUR * price for price in RENTS)
    return low, high


def tenth_of_the_rent() -> tuple[float, float]:
    """What is left of `rent` after a tenfold speed-up [dollar]."""
    low, high = rent()
    return low / 10, high / 10


def point_in_dollars() -> tuple[float, float]:
    """Rent of one per cent of two months on as many GPUs as the new stack is written for [dollar]."""
    low, high = (0.01 * claimed("001-10") * claimed("004-01") * rent / HOUR for rent in RENTS)
    return low, high


def point_in_time() -> float:
    """One per cent of two months [s]."""
    return 0.01 * claimed("001-10")


def households() -> float:
    """American households that draw as much as the site with its third building."""
    return claimed("003-06") / (outside("American household", "energy") / YEAR)


def peak_of_san_francisco() -> tuple[float, float]:
    """Peak demand of San Francisco from its energy in a year and usual load factors [W]."""
    mean = outside("San Francisco", "energy") / YEAR
    return mean / outside("San Francisco", "mean_over_peak_high"), mean / outside("San Francisco", "mean_over_peak_low")
