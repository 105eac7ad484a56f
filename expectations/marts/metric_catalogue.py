"""Rules of the mart metric_catalogue, against the columns that the marts really have."""

import great_expectations as gx

from expectations.release_rules import no_row, not_empty
from expectations.rules import suite

# Not information_schema, which hides columns that the role may not read.
_COLUMNS = """
    select tables.relname as mart, fields.attname as metric, fields.atttypid::regtype::text as type
    from pg_class as tables
    inner join pg_attribute as fields on fields.attrelid = tables.oid
    where tables.relnamespace = 'candidate'::regnamespace and tables.relkind = 'r'
        and fields.attnum > 0 and not fields.attisdropped
"""
_FIGURES = """
    columns.mart not like 'dim\\_%' and columns.metric not like '%\\_id'
    and columns.type in ('numeric', 'bigint', 'integer', 'smallint', 'double precision')
"""


def metric_catalogue() -> gx.ExpectationSuite:
    """Every figure has an entry, every entry a figure; only sums are additive."""
    return suite(
        "metric_catalogue",
        [
            not_empty(),
            no_row(
                "every_figure_has_an_entry",
                "数据表的每个指标都必须在指标目录中有名称、公式、单位和来源",
                "every figure of a mart must be in the catalogue, with names, formula, unit and source",
                f"""
                select columns.mart, columns.metric from ({_COLUMNS}) as columns
                left join {{batch}} as entries
                    on entries.mart = columns.mart and entries.metric = columns.metric
                where {_FIGURES}
                    and num_nulls(
                        entries.name_zh, entries.name_en, entries.formula, entries.unit, entries.kind,
                        entries.additive_over_months, entries.additive_over_markets,
                        entries.additive_over_products, entries.additive_over_mills,
                        entries.source, entries.owner
                    ) > 0
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "every_entry_has_a_figure",
                "指标目录及其代码表中的每一项都必须对应某一数据表的列",
                "every entry of the catalogue and of the seed metrics must be a column of a mart",
                f"""
                select entries.mart, entries.metric from (
                    select mart, metric from {{batch}}
                    union all
                    select mart, metric from reference.metrics
                ) as entries
                where not exists (
                    select from ({_COLUMNS}) as columns
                    where {_FIGURES}
                        and columns.metric = entries.metric
                        and columns.mart = coalesce(entries.mart, columns.mart)
                )
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "ratios_name_their_parts",
                "比率必须给出分子和分母，且二者都是同一数据表的列",
                "a ratio must name its numerator and its denominator, both columns of the same mart",
                f"""
                select entries.mart, entries.metric from {{batch}} as entries
                where (entries.kind = 'ratio' and num_nulls(entries.numerator, entries.denominator) > 0)
                    or exists (
                        select from (values (entries.numerator), (entries.denominator)) as parts (part)
                        where part is not null and (entries.mart, part) not in (
                            select columns.mart, columns.metric from ({_COLUMNS}) as columns
                        )
                    )
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "ratios_are_not_summed",
                "比率和指数不得标为可加",
                "a ratio or an index must not be called additive",
                """
                select mart, metric from {batch}
                where kind in ('ratio', 'index')
                    and (
                        additive_over_months or additive_over_markets or additive_over_products
                        or additive_over_mills
                    )
                """,
            ),
            no_row(
                "ratios_say_how_to_aggregate",
                "每个比率、指数和百分点变动都必须给出汇总表达式或不可汇总的原因，其他指标不得给出",
                "a ratio, index or change in points says how it is aggregated or why not; no other does",
                """
                select mart, metric from {batch}
                where num_nonnulls(how_to_aggregate, how_to_aggregate_reason)
                    <> case when kind in ('ratio', 'index', 'points') then 1 else 0 end
                    or how_to_aggregate like '%{{%'
                """,
            ),
        ],
    )
