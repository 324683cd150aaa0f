-- The journal is read by when trades were opened, performance by when they were closed. Both stand in the leg's body as
-- text of one width, which sorts as the moments do; as text, because a cast to a moment depends on the session.

CREATE INDEX reconciled_legs_opened ON reconciled_legs ((body->>'opened_at') COLLATE "C" DESC)
    WHERE body->>'opened_at' IS NOT NULL;
CREATE INDEX reconciled_legs_closed ON reconciled_legs ((body->>'closed_at') COLLATE "C" DESC)
    WHERE body->>'closed_at' IS NOT NULL;
