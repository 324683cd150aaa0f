-- What an account had at the start of its day, and the highest it ever had: no venue tells that afterwards. Kept by the
-- worker for accounts with a limit that is measured from it.

CREATE TABLE account_anchors (
    account           text PRIMARY KEY REFERENCES accounts,
    day_opened_at     timestamptz NOT NULL,
    day_taken_at      timestamptz NOT NULL,
    day_balance       numeric NOT NULL,
    day_equity        numeric NOT NULL,
    day_estimated     boolean NOT NULL,
    peak_equity       numeric NOT NULL,
    peak_balance      numeric NOT NULL,
    peak_day_balance  numeric NOT NULL,
    last_opened_at    timestamptz NOT NULL,
    last_taken_at     timestamptz NOT NULL,
    last_balance      numeric NOT NULL,
    last_equity       numeric NOT NULL
);

-- Peaks only rise by themselves. That one falls is a person's reset, and goes into the audit log.
CREATE TRIGGER account_anchors_audit AFTER UPDATE ON account_anchors
    FOR EACH ROW WHEN (NEW.peak_equity < OLD.peak_equity) EXECUTE FUNCTION audit_configuration();

GRANT SELECT, INSERT, UPDATE ON account_anchors TO argos_worker;
GRANT SELECT ON account_anchors TO argos_reader, argos_control;
GRANT UPDATE (peak_equity, peak_balance, peak_day_balance) ON account_anchors TO argos_control;

-- A loss limit that is reached brakes its account; one of the day is released with the next day.
GRANT INSERT, DELETE ON halts TO argos_worker;
GRANT UPDATE (reason, set_at) ON halts TO argos_worker;
