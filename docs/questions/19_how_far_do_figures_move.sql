-- How far do figures move after they are published?
-- 数字发布后会变动多少？
-- Empty in the first release.
-- 第一次发布时为空。
select mart, metric, count(*) as figures, count(*) filter (where is_revised) as revised,
    max(abs(revision_ratio)) as largest_revision_ratio
from marts.revision
group by mart, metric
order by mart, metric;
