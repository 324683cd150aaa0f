-- An operator may see what workers gave up, and have it tried again.
GRANT SELECT (outbox_id, topic, key, created_at, available_at, attempts, last_error) ON outbox TO argos_control;
GRANT UPDATE (topic, available_at, attempts) ON outbox TO argos_control;
