-- A row in every table, as revision 0001 has them.
insert into ops.load (source, file_name, sha256, size_bytes, status, rows_in, accepted, unchanged, quarantined)
values ('enterprise_orders', 'a.csv', 'a', 1, 'accepted', 3, 1, 1, 1),
    ('enterprise_orders', 'b.csv', 'b', 1, 'accepted', 1, 1, 0, 0);
insert into ops.quarantine (load_id, line_no, source, file_name, rule_codes, reason_zh, reason_en, row_values,
    resolved_by_load, resolved_at)
values (1, 2, 'enterprise_orders', 'a.csv', '{quantity_positive}', '坏', 'bad', '{}', 2, now());
insert into ops.refused_row (load_id, line_no, rule_codes, reason_zh, reason_en) values (2, 2, '{x}', '坏', 'bad');
insert into ops.load_enterprise values (1, null, 3, 1, 1, 1, 0, 0, null);
insert into ops.exchange_rate (month, currency, cny_per_unit, entered_by) values ('2026-12-01', 'USD', 7, 'me');
insert into ops.validation_result (gate, suite, rule_code, expectation, severity, success)
values ('load', 's', 'r', 'e', 'row', true);
insert into ops.build (status, last_load_id, loads, code_version) values ('published', 2, 2, 'x');
insert into ops.build_load values (1, 1), (2, 1);
insert into ops.load_month (load_id, source, month) values (1, 'enterprise_orders', '2026-11-01');
insert into ops.build_node (build_id, node, resource_type, status, seconds) values (1, 'n', 'model', 'ok', 1);
insert into ops.release (build_id, last_load_id, loads, code_version) values (1, 2, 2, 'x');
insert into ops.release_change (release_id, basis, load_id, kind, month, enterprise_uscc, line_count)
values (1, 'order_book', 1, 'new', '2026-11-01', 'X', 1);
insert into ops.difference (mart) values ('growth');
insert into ops.mart values ('growth', '{month}', '{}');
insert into ops.accepted_drift (build_id, rule_code, reason, accepted_by, cells, details)
values (1, 'r', 'why', 'me', 1, '[]');
insert into ops.release_switch (release_id, reason) values (1, 'build 1');
insert into store.current_release (release_id) values (1);
