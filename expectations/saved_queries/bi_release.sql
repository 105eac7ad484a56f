-- Release shown
-- 数据发布
-- dashboard: lanxi
SELECT release_id AS "发布编号 Release", TO_CHAR(published_at, 'YYYY-MM-DD HH24:MI') AS "发布时间 Published", TO_CHAR(data_cutoff, 'YYYY-MM-DD') AS "数据截止 Data up to"
FROM (select
    t.release_id,
    t.published_at,
    t.data_cutoff
from marts.release_info as t
) AS virtual_table
 LIMIT 10;
