{{ config(materialized='table', post_hook='analyze {{ this }}') }}

-- China follows the world's editions of the Harmonized System; the 2022 edition is in force from January 2022.
with editions as (
    select
        edition,
        valid_from,
        valid_to
    from (
        values
        ('2017', cast(null as date), date '2022-01-01'),
        ('2022', date '2022-01-01', cast(null as date))
    ) as known (edition, valid_from, valid_to)
),

seen as (
    select
        codes.hs_code,
        case when length(codes.hs_code) >= 8 then left(codes.hs_code, 8) end as hs8,
        left(codes.hs_code, 6) as hs6,
        editions.edition,
        editions.valid_from,
        editions.valid_to
    from {{ ref('int_products__hs_codes') }} as codes
    cross join editions
),

relations as (
    select
        sides.edition,
        sides.hs6,
        min(correlation.hs6_2022) as hs6_2022,
        bool_and(correlation.relation = 'one_to_one') as is_one_to_one,
        case
            when bool_or(correlation.relation = 'complex') then 'complex'
            else min(nullif(correlation.relation, 'one_to_one'))
        end as break_reason
    from {{ ref('hs6_correlation') }} as correlation
    cross join lateral (values ('2017', correlation.hs6_2017), ('2022', correlation.hs6_2022)) as sides (edition, hs6)
    group by sides.edition, sides.hs6
),

known_chapters as (
    select distinct left(hs6_2022, 2) as chapter from {{ ref('hs6_correlation') }}
),

six_digits as (
    select
        seen.*,
        case when relations.is_one_to_one then relations.hs6_2022 end as hs6_2022,
        case
            when known_chapters.chapter is null then 'no_correlation'
            when relations.hs6 is null then 'not_in_edition'
            else relations.break_reason
        end as hs6_break_reason
    from seen
    left join relations on seen.edition = relations.edition and seen.hs6 = relations.hs6
    left join known_chapters on left(seen.hs6, 2) = known_chapters.chapter
),

eight_digits as (
    select
        six_digits.*,
        coalesce(
            six_digits.hs6_break_reason,
            case
                when six_digits.hs8 is null then null
                when hs8_codes.hs8 is null then 'not_in_edition'
                when hs8_codes.valid_to is not null then 'discontinued'
                when hs8_codes.valid_from is not null then 'introduced'
            end
        ) as series_break_reason,
        hs8_codes.name_zh
    from six_digits
    left join {{ ref('hs8_codes') }} as hs8_codes
        on
            six_digits.hs8 = hs8_codes.hs8
            and daterange(six_digits.valid_from, six_digits.valid_to)
            && daterange(hs8_codes.valid_from, hs8_codes.valid_to)
)

select
    hs_code,
    edition,
    valid_from,
    valid_to,
    hs8,
    hs6,
    hs6_2022,
    series_break_reason is not null as is_series_break,
    series_break_reason,
    name_zh
from eight_digits
