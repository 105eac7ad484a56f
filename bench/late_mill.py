"""What a single mill moves, on the generated cluster: the limits of drift must let it pass.

Every month that is over is taken without each of its mills in turn, as if that mill came late.
"""

import shutil

from bench import ours
from bench.timing import Results, Run, say
from expectations.drift import GUARDS
from expectations.drift.jumps import Kind, Measure
from expectations.release_rules import decided
from include.demo import synthetic
from include.load import drop_folder, loading
from include.release import building
from include.settings import Role
from include.sources.contract import sources
from include.warehouse.connection import connect, scalar

_MONTHS = 33
_MILLS = 60
# Sales of a mill in a cell beside those of the cell, of the mill and of all, by product and for ALL.
_PARTS = """
    with sold as (
        select basis, month, enterprise_uscc, product_group, market_group, sum(value_cny) as value
        from intermediate.int_sales__monthly
        inner join intermediate.int_sales__months using (basis, month)
        where is_finished
        group by 1, 2, 3, 4, 5
    ),
    sales as (
        select * from sold
        union all
        select basis, month, enterprise_uscc, 'ALL', market_group, sum(value) from sold group by 1, 2, 3, 5
    ),
    parts as (
        select sales.*, sum(value) over whole as total,
            sum(value) over (partition by basis, month, product_group, market_group) as cell,
            sum(value) over (partition by basis, month, product_group, enterprise_uscc) as mill
        from sales
        window whole as (partition by basis, month, product_group)
    )"""
_LATE = f"""
    {_PARTS}
    select round(max(mill / nullif(total - mill, 0)) filter (where product_group = 'ALL'), 3) as total,
        round(max(value / nullif(cell - value, 0)) filter (where product_group = 'ALL' and is_large), 3)
            as market_group,
        round(max(value / nullif(cell - value, 0)) filter (where product_group <> 'ALL' and is_large), 3)
            as product_and_group,
        round(max(moved_pp) filter (where product_group = 'ALL'), 2) as share_pp,
        round(max(moved_pp) filter (where product_group <> 'ALL'), 2) as share_of_product_pp
    from (
        select *, cell >= %(large)s as is_large,
            case when total - mill >= %(large)s
                then 100 * abs(cell / total - (cell - value) / (total - mill)) end as moved_pp
        from parts
    ) as moved"""
# A month of a mill, or of a cell, beside the largest of its year before.
_AHEAD = """
    select round(max(value / before), 2) from (
        select value, max(value) over year as before, count(*) over year as months
        from (
            select {cell}, month, sum(value_cny) as value from intermediate.int_sales__monthly
            where basis = 'order_book' group by {cell}, month
        ) as sold
        window year as (
            partition by {cell} order by month
            range between interval '12 months' preceding and interval '1 month' preceding
        )
    ) as months where months >= 3 and value >= %(floor)s"""


def measure(run: Run) -> Results:
    """The most that one mill of sixty moves; months as multiples of the largest of their year before."""
    del run  # the cluster has one size
    settings = ours.start_afresh()
    folder = settings.home / "late_mill"
    say(f"{_MILLS} mills, {_MONTHS} months: generating, loading, building")
    synthetic.generate(folder, _MONTHS, _MILLS)
    for source in sources():
        results = loading.load_files(settings, source, drop_folder.find(folder, source))
        assert {r.status for r in results} == {"accepted"}
    shutil.rmtree(folder)
    assert building.build(settings)
    large, low = decided("above_scale_cny"), decided("low_base_cny")
    with connect(settings, Role.PUBLISHER) as connection:
        cursor = connection.execute(_LATE.encode(), {"large": large})
        names = [column.name for column in cursor.description or ()]
        late = dict(zip(names, map(float, cursor.fetchone() or ()), strict=True))
        ahead = {
            name: float(scalar(connection, _AHEAD.replace("{cell}", cell), {"floor": floor}))
            for name, cell, floor in (
                ("mill", "enterprise_uscc", low),
                ("product_and_group", "product_group, market_group", large),
            )
        }
    # In the order of the columns.
    limits = [measure for measure in GUARDS["market_share"].measures if isinstance(measure, Measure)]
    return {
        "mills": _MILLS,
        "months": _MONTHS,
        "late_mill_moves": late,
        "of_limit": round(
            max(moved / _allowed(limit) for moved, limit in zip(late.values(), limits, strict=False)), 2
        ),
        "month_over_year_before": ahead,
    }


def _allowed(measure: Measure) -> float:
    """How far a figure may move: a part of the smaller value, or percentage points."""
    return float(measure.limit) - (1 if measure.kind is Kind.FACTOR else 0)
