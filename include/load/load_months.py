"""``ops.load_month``: the months whose current rows a load changed, which the next build computes anew.

Months of rows that came, of versions that gave way (a line that moves from March to April changes both), and
of rows that were withdrawn. Rows that were known change nothing.
"""

from include.sources.contract import Contract


def noted(contract: Contract, load: str, rows: str) -> str:
    """A common table expression that notes the months of ``rows``, a relation with the contract's columns.

    ``load`` is the load that changed such a row, as an expression of its columns.
    """
    # By day first: a day is compared as it is, a month would have to be computed for every row.
    return (
        "noted as (insert into ops.load_month (load_id, source, month)"
        f" select distinct load_id, '{contract.source}', date_trunc('month', day::timestamp)::date"
        f" from (select distinct {load} as load_id, {contract.date_column} as day from {rows}) as days"
        " on conflict do nothing)"
    )
