"""``ops.load_month``: the months whose current rows a load changed; the next build computes them again.

These are the months of new rows, of superseded versions (a line that moves from March to April changes both)
and of withdrawn rows. Rows that were already in raw change nothing.
"""

from include.sources.contract import Contract


def record(contract: Contract, load: str, rows: str) -> str:
    """A common table expression that records the months of ``rows``, a relation with the contract's columns.

    ``load`` is the SQL expression of the load that changed a row.
    """
    # Distinct by day first: the month is then not computed for every row.
    return (
        "recorded as (insert into ops.load_month (load_id, source, month)"
        f" select distinct load_id, '{contract.source}', date_trunc('month', day::timestamp)::date"
        f" from (select distinct {load} as load_id, {contract.date_column} as day from {rows}) as days"
        " on conflict do nothing)"
    )
