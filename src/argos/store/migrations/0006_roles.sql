-- Who may do what. Every process connects with its own role; nobody but the owner can create or drop, and the
-- triggers hold for the owner too. A test walks role x table x verb against `role_rights` in tests/integration.

GRANT USAGE ON SCHEMA argos TO argos_gateway, argos_dispatch, argos_worker, argos_strategy, argos_reader,
    argos_control, argos_audit;

-- Takes alerts in. Knows hooks and keys by hash; cannot touch an order or a fact.
GRANT SELECT ON hooks, hook_secrets, api_keys, routes TO argos_gateway;
GRANT INSERT ON alerts, outbox TO argos_gateway;
GRANT SELECT, INSERT ON intents TO argos_gateway;

-- Speaks with nodes: leases commands, appends what they report.
GRANT SELECT ON nodes, node_keys, enrolment_codes, accounts, routes, halts, intents, orders, facts, executions,
    execution_shares, discrepancies TO argos_dispatch;
GRANT INSERT ON node_keys TO argos_dispatch;
GRANT UPDATE (used_at) ON enrolment_codes TO argos_dispatch;
GRANT SELECT, INSERT, UPDATE ON node_sessions, account_states TO argos_dispatch;
GRANT SELECT ON commands TO argos_dispatch;
GRANT UPDATE (state, node, epoch, log_id, attempt, leased_at, done_at) ON commands TO argos_dispatch;
GRANT SELECT ON order_states TO argos_dispatch;
GRANT UPDATE (status, effective_qty, filled_qty, closed_qty, updated_at) ON order_states TO argos_dispatch;
GRANT INSERT ON facts, executions, execution_shares, alarms, outbox TO argos_dispatch;

-- Decides and reconciles.
GRANT SELECT ON accounts, routes, route_legs, halts, nodes, node_sessions, intents, orders, leg_refusals,
    order_states, commands, facts, executions, execution_shares, position_totals, account_states, reconciled_legs,
    discrepancies, discrepancy_resolutions, outbox, leg_heads TO argos_worker;
GRANT INSERT ON orders, leg_refusals, order_states, commands, facts, reconciled_legs, discrepancies,
    discrepancy_resolutions, alarms, outbox, leg_heads TO argos_worker;
GRANT UPDATE (status, effective_qty, filled_qty, closed_qty, updated_at) ON order_states TO argos_worker;
GRANT UPDATE (state, done_at) ON commands TO argos_worker;
GRANT UPDATE (revision, digest, reconciled_at) ON leg_heads TO argos_worker;
GRANT UPDATE (topic, available_at, attempts, last_error), DELETE ON outbox TO argos_worker;

-- A strategy states intents. It can read the market and never touch what the brokers said.
GRANT SELECT ON routes TO argos_strategy;
GRANT INSERT ON alerts, outbox TO argos_strategy;
GRANT SELECT, INSERT ON intents TO argos_strategy;

-- Reads everything that is not a secret.
GRANT SELECT ON accounts, routes, route_legs, halts, nodes, node_sessions, alerts, intents, orders, leg_refusals,
    order_states, order_transitions, commands, facts, executions, execution_shares, position_totals, account_states,
    reconciled_legs, leg_heads, discrepancies, discrepancy_resolutions, manual_decisions, alarms, outbox TO argos_reader;

-- Configures and brakes.
GRANT SELECT, INSERT, UPDATE ON accounts, routes, hooks, api_keys, nodes TO argos_control;
GRANT SELECT, INSERT, UPDATE, DELETE ON route_legs, hook_secrets, halts, node_keys, enrolment_codes TO argos_control;
GRANT SELECT ON node_sessions TO argos_control;
GRANT SELECT, INSERT ON manual_decisions TO argos_control;

-- Verifies: reads, nothing else.
GRANT SELECT ON audit_log, audit_heads, audit_subjects, alerts, intents, orders, leg_refusals, facts, executions,
    execution_shares, reconciled_legs, discrepancies, discrepancy_resolutions, alarms, manual_decisions TO argos_audit;

-- A new function is everybody's to call unless taken away: the chain is written by triggers alone.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA argos FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wire_decimal(numeric), wire_moment(timestamptz) TO argos_reader, argos_audit;
