-- name: lock_session
-- No lease and no other hello of this node until the commit.
SELECT log_id, counter FROM node_sessions WHERE node = $1 FOR UPDATE;

-- name: session
SELECT epoch FROM node_sessions WHERE node = $1;

-- name: commit_durably
-- Noting a request waits for no disk; a new epoch does.
SELECT set_config('synchronous_commit', 'on', true);
