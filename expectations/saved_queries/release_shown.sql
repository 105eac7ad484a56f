-- Which release the dashboard shows
-- 看板所用的数据发布
-- dashboard: all
select release_id, published_at, data_cutoff from marts.release_info;
