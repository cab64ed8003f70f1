-- SPDX-License-Identifier: Apache-2.0

-- name: signoff_insert :exec (id, merge, item, verdict, evidence, reason, signed_by, signed_at, body)
INSERT INTO signoff (id, merge_version, item, verdict, evidence, reason, signed_by, signed_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- The newest of each item.
-- name: signoff_newest :many (merge)
SELECT s.id, s.merge_version AS merge, s.item, s.verdict, s.evidence, s.reason, s.signed_by, s.signed_at
FROM signoff s WHERE s.seq IN (SELECT max(seq) FROM signoff WHERE merge_version = $1 GROUP BY item);

-- name: signoff_list :many (merge, after, limit)
SELECT seq AS cursor, body FROM signoff
WHERE merge_version = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;
