-- SPDX-License-Identifier: Apache-2.0

-- name: node_find :one (id)
SELECT seq, id, serial, release_version, health, report, first_seen_at, serial_since, seen_at
FROM node WHERE id = $1;

-- name: node_page :many (after, limit)
SELECT seq, id, serial, release_version, health, report, first_seen_at, serial_since, seen_at
FROM node WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: node_count :one () -- scan ok
SELECT count(*) AS n FROM node;

-- name: node_insert :exec (id, serial, release_version, health, report, now)
INSERT INTO node (id, serial, release_version, health, report, first_seen_at, serial_since, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $6);

-- name: node_set :cas (seq, serial, release_version, health, report, serial_since, now)
UPDATE node SET serial = $2, release_version = $3, health = $4, report = $5, serial_since = $6,
	seen_at = $7
WHERE seq = $1;

-- name: node_release_clear :exec (node_seq)
DELETE FROM node_release WHERE node_seq = $1;

-- name: node_release_insert :exec (node_seq, release_version, ready)
INSERT INTO node_release (node_seq, release_version, ready) VALUES ($1, $2, $3)
ON CONFLICT (node_seq, release_version) DO NOTHING;

-- Whether they have what they serve ready: a node that does not say has it.
-- name: node_groups :many (live_since)
SELECT n.serial, n.release_version, n.health, coalesce(r.ready, 1) AS ready, count(*) AS n,
	min(n.serial_since) AS since
FROM node n LEFT JOIN node_release r ON r.node_seq = n.seq AND r.release_version = n.release_version
WHERE n.seen_at > $1
GROUP BY n.serial, n.release_version, n.health, coalesce(r.ready, 1)
ORDER BY n.serial DESC, n.release_version, n.health;

-- Live ones, and those of them that say that they have the release ready.
-- name: node_ready :one (live_since, release_version)
SELECT count(*) AS live, coalesce(sum(r.ready = 1), 0) AS ready
FROM node n LEFT JOIN node_release r ON r.node_seq = n.seq AND r.release_version = $2
WHERE n.seen_at > $1;

-- name: node_silent :many (before, limit)
SELECT seq FROM node WHERE seen_at < $1 LIMIT $2;

-- name: node_forget :exec (seq)
DELETE FROM node WHERE seq = $1;

-- name: drill_insert :exec (release_version, actor, reason, now, due_at, nodes)
INSERT INTO drill (release_version, actor, reason, started_at, due_at, phase, nodes, ready)
VALUES ($1, $2, $3, $4, $5, 'Running', $6, 0);

-- Those that are live.
-- name: drill_enter :exec (drill_seq, live_since)
INSERT INTO drill_node (drill_seq, node) SELECT $1, id FROM node WHERE seen_at > $2;

-- Of those, what has changed in who said since then that it has the release ready.
-- name: drill_mark :exec (drill_seq, release_version, said_since, now)
UPDATE drill_node SET ready_at = CASE WHEN ready_at IS NULL THEN $4 END
WHERE drill_seq = $1 AND (ready_at IS NOT NULL) <> EXISTS (
	SELECT 1 FROM node n JOIN node_release r ON r.node_seq = n.seq
	WHERE n.id = drill_node.node AND n.seen_at >= $3 AND r.release_version = $2 AND r.ready = 1);

-- name: drill_count :one (drill_seq)
SELECT count(*) AS nodes, count(ready_at) AS ready FROM drill_node WHERE drill_seq = $1;

-- name: drill_ready_nodes :many (drill_seq, limit)
SELECT node FROM drill_node WHERE drill_seq = $1 AND ready_at IS NOT NULL ORDER BY ready_at, node LIMIT $2;

-- name: drill_missing_nodes :many (drill_seq, limit)
SELECT node FROM drill_node WHERE drill_seq = $1 AND ready_at IS NULL ORDER BY node LIMIT $2;

-- name: drill_forget :exec (until)
DELETE FROM drill_node WHERE drill_seq <= $1;

-- name: drill_running :one ()
SELECT seq, release_version, actor, reason, started_at, due_at, finished_at, phase, nodes, missing,
	(SELECT count(ready_at) FROM drill_node d WHERE d.drill_seq = drill.seq) AS ready
FROM drill WHERE phase = 'Running';

-- name: drill_find :one (seq)
SELECT seq, release_version, actor, reason, started_at, due_at, finished_at, phase, nodes, missing,
	CASE WHEN finished_at IS NULL THEN (SELECT count(ready_at) FROM drill_node d WHERE d.drill_seq = drill.seq)
	ELSE ready END AS ready
FROM drill WHERE seq = $1;

-- name: drill_page :many (after, limit)
SELECT seq, release_version, actor, reason, started_at, due_at, finished_at, phase, nodes, missing,
	CASE WHEN finished_at IS NULL THEN (SELECT count(ready_at) FROM drill_node d WHERE d.drill_seq = drill.seq)
	ELSE ready END AS ready
FROM drill WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: drill_finish :cas (seq, phase, now, nodes, ready, missing)
UPDATE drill SET phase = $2, finished_at = $3, nodes = $4, ready = $5, missing = $6
WHERE seq = $1 AND phase = 'Running';
