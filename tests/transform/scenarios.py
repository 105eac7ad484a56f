"""Raw lines from which the figures of the issue follow, each scenario in years and products of its own.

All of them stand in one warehouse (fixture ``scenario_warehouse``), which is built once.
"""

from tests.transform import (
    scenario_bridge,
    scenario_growth,
    scenario_prices,
    scenario_statistics,
    scenario_structure,
)
from tests.transform.raw_lines import Line

_SCENARIOS = (scenario_bridge, scenario_growth, scenario_prices, scenario_statistics, scenario_structure)
LINES: list[Line] = [line for scenario in _SCENARIOS for line in scenario.LINES]
