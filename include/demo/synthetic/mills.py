"""The mills of a synthetic cluster: identity, products, size, domestic orientation."""

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from stdnum.cn import uscc

from include.demo.synthetic import calibration
from include.demo.synthetic.dialects import EN_UTF8, XLSX, ZH_BOM, ZH_GB18030
from include.demo.synthetic.goods import PRODUCT_GROUPS
from include.demo.synthetic.seed_values import Reference, load_reference
from include.errors import SetupError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MIN_ENTERPRISES = 10
# The main product of each mill, in turn.
_MAIN_PRODUCTS = (
    *("denim", "white_cloth", "denim", "yarn_dyed", "white_cloth"),
    *("denim", "home_textile", "white_cloth", "denim", "garment"),
    *("white_cloth", "denim", "yarn", "denim", "white_cloth"),
    *("yarn_dyed", "denim", "white_cloth", "denim", "white_cloth"),
)
# What else a mill with that main product sells, as a share of its capacity.
_SIDE_PRODUCTS = {
    "denim": {"yarn_dyed": 0.06, "other_fabric": 0.04, "garment": 0.01},
    "white_cloth": {"other_fabric": 0.06, "yarn": 0.04},
    "yarn_dyed": {"other_fabric": 0.15},
    "home_textile": {"other_fabric": 0.05},
    "garment": {"home_textile": 0.05},
    "yarn": {"white_cloth": 0.10},
}
_CODE_ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))


class Stream(IntEnum):
    """Independent random streams, so that a change in one does not change the others."""

    MILLS = 1
    DEMAND = 2
    ORDERS = 3
    DECLARATIONS = 4
    STATISTICS = 5
    STATISTICS_MONTH = 6
    NEXT_DAY = 7


@dataclass(frozen=True)
class Cluster:
    """The mills that data is drawn from. Arrays are by mill; ``capacity`` is mill x product group."""

    seed: int
    scale: float
    last_day: dt.date
    reference: Reference
    uscc: list[str]
    names: list[str]
    capacity: Floats
    domestic_leaning: Floats
    turn: Floats
    steady: Bools
    dialect: Ints
    daily: Bools
    yards: Bools

    def rng(self, stream: Stream, month: dt.date | None = None) -> np.random.Generator:
        """The random generator of one stream; it depends only on the seed, the stream and the month."""
        moment = month.year * 12 + month.month if month else 0
        return np.random.default_rng([self.seed, int(stream), moment])


def make_cluster(enterprises: int, seed: int, scale: float, last_day: dt.date) -> Cluster:
    """Draw the mills.

    Raises SetupError for arguments that are out of range.
    """
    if enterprises < MIN_ENTERPRISES or scale <= 0 or seed < 0:
        raise SetupError(
            f"cannot generate {enterprises} enterprises at scale {scale} with seed {seed}: "
            f"ask for at least {MIN_ENTERPRISES} enterprises, a scale above 0 and a seed of 0 or more"
        )
    rng = np.random.default_rng([seed, int(Stream.MILLS), enterprises])
    size = rng.lognormal(0.0, 0.6, enterprises)
    main = [_MAIN_PRODUCTS[i % len(_MAIN_PRODUCTS)] for i in range(enterprises)]
    denim_mills = np.flatnonzero(np.array(main) == "denim")
    steady = np.zeros(enterprises, dtype=np.bool_)
    steady[denim_mills[: max(1, enterprises // calibration.MILLS_PER_STEADY_EXPORTER)]] = True
    size[steady] = calibration.STEADY_SIZE

    dialect = rng.choice(
        [ZH_GB18030.number, ZH_BOM.number, EN_UTF8.number], size=enterprises, p=[0.45, 0.30, 0.25]
    )
    by_size = np.argsort(np.where(steady, np.inf, size), kind="stable")
    dialect[by_size[: max(1, enterprises // 15)]] = XLSX.number  # the smallest mills use Excel
    csv_mills = by_size[max(1, enterprises // 15) :]
    daily = np.zeros(enterprises, dtype=np.bool_)
    daily[csv_mills[-max(1, enterprises // 10) :]] = True  # the largest have an interface
    mostly_domestic = rng.random(enterprises) < 0.1
    return Cluster(
        seed=seed,
        scale=scale,
        last_day=last_day,
        reference=load_reference(),
        uscc=_usccs(rng, enterprises),
        names=[f"合成{i + 1:03d}号纺织" for i in range(enterprises)],
        capacity=_capacity(main, size),
        domestic_leaning=np.where(
            mostly_domestic, rng.uniform(0.5, 0.7, enterprises), rng.uniform(0.06, 0.16, enterprises)
        ),
        turn=rng.uniform(0.05, 0.5, enterprises),
        steady=steady,
        dialect=dialect,
        daily=daily,
        yards=(dialect == EN_UTF8.number) & (rng.random(enterprises) < 0.5),
    )


def seller_weights(cluster: Cluster, product: int, domestic: bool, progress: float) -> Floats:
    """Probability that an order of the product goes to each mill; ``progress`` (0-1) of denim's shift.

    Steady exporters have their own cells and are left out.
    """
    leaning = cluster.domestic_leaning + cluster.turn * progress
    side = leaning if domestic else np.maximum(1 - leaning, 0.1)
    weights = cluster.capacity[:, product] * side * ~cluster.steady
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _capacity(main: list[str], size: Floats) -> Floats:
    capacity = np.zeros((len(main), len(PRODUCT_GROUPS)))
    for mill, product in enumerate(main):
        sides = _SIDE_PRODUCTS[product]
        capacity[mill, PRODUCT_GROUPS.index(product)] = size[mill] * (1 - sum(sides.values()))
        for side, share in sides.items():
            capacity[mill, PRODUCT_GROUPS.index(side)] += size[mill] * share
    return capacity


def _usccs(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct codes of a company (91) registered in Lanxi (330781), with a correct check character."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        body = "91330781MA" + "".join(rng.choice(_CODE_ALPHABET, 7))
        codes[body + uscc.calc_check_digit(body)] = None
    return list(codes)
