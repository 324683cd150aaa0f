-- Every configuration that was in force, by its digest, without secrets; and when each was taken into use, by whom.
-- Rows are added and nothing else.

CREATE TABLE IF NOT EXISTS meta (key text PRIMARY KEY, value text NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS documents (digest text PRIMARY KEY, document text NOT NULL) STRICT;
-- `file` is config.json of that time without secrets: what a rollback writes. The document also holds what came from
-- the environment and as shipped.
CREATE TABLE IF NOT EXISTS entries (
    number integer PRIMARY KEY AUTOINCREMENT, digest text NOT NULL REFERENCES documents (digest),
    file text NOT NULL, at text NOT NULL, by_whom text NOT NULL, note text NOT NULL
) STRICT;

CREATE TRIGGER IF NOT EXISTS documents_stay BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'configurations are never changed'); END;
CREATE TRIGGER IF NOT EXISTS documents_are_kept BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'configurations are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER IF NOT EXISTS entries_are_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
