-- Lists are read by time. With its table's key behind the time, such an index serves lookups of the key, too, since
-- PostgreSQL 18 skips through it; while a table is young that seems as good as the key's own index, and a plan made then
-- walks through ever more rows. Rows of one moment are few: to sort them is cheap.

DROP INDEX alerts_by_time;
CREATE INDEX alerts_by_time ON alerts (received_at DESC);
DROP INDEX orders_by_time;
CREATE INDEX orders_by_time ON orders (planned_at DESC);
DROP INDEX executions_by_time;
CREATE INDEX executions_by_time ON executions (received_at DESC);
DROP INDEX reconciled_legs_by_time;
CREATE INDEX reconciled_legs_by_time ON reconciled_legs (reconciled_at DESC);
DROP INDEX leg_heads_by_time;
CREATE INDEX leg_heads_by_time ON leg_heads (reconciled_at DESC);
