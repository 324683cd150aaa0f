-- Version 1 stored each vote as its whole document. Such rows stay as they are, and are read as they are, until they are pruned.
ALTER TABLE votes RENAME TO old_votes;
UPDATE meta SET value = '2' WHERE key = 'version'
