-- SPDX-License-Identifier: Apache-2.0
-- What is derived from what.

-- name: lineage_insert :exec (artifact_seq, parent)
INSERT OR IGNORE INTO lineage (artifact_seq, parent) VALUES ($1, $2);

-- Every provider's artifact of this id, withdrawn ones, too.
-- name: lineage_artifacts :many (id) -- scan ok
WITH RECURSIVE p (provider) AS (
	SELECT min(provider) FROM artifact
	UNION ALL
	SELECT (SELECT min(provider) FROM artifact WHERE provider > p.provider) FROM p
	WHERE p.provider IS NOT NULL)
SELECT a.seq, a.provider, a.id, a.content FROM p JOIN artifact a ON a.provider = p.provider AND a.id = $1;

-- Every provider's artifact of this id with each of its parents; one without parents has NULL.
-- name: lineage_parents :many (id) -- scan ok
WITH RECURSIVE p (provider) AS (
	SELECT min(provider) FROM artifact
	UNION ALL
	SELECT (SELECT min(provider) FROM artifact WHERE provider > p.provider) FROM p
	WHERE p.provider IS NOT NULL)
SELECT a.provider, l.parent FROM p JOIN artifact a ON a.provider = p.provider AND a.id = $1
LEFT JOIN lineage l ON l.artifact_seq = a.seq ORDER BY a.seq, l.parent;

-- name: lineage_children :many (parent, limit)
SELECT a.seq, a.provider, a.id, a.content FROM lineage l JOIN artifact a ON a.seq = l.artifact_seq
WHERE l.parent = $1 ORDER BY l.artifact_seq LIMIT $2;
