-- SPDX-License-Identifier: Apache-2.0
-- Evidence: artifacts that speak about another one, by its id.

-- What counts in the gates of a subject: as it came, so that a limit leaves out the latest.
-- name: evidence_about :many (subject, limit)
SELECT a.seq, a.digest, a.content
FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
WHERE a.subject = $1 AND s.withdrawn_at IS NULL AND s.phase <> 'Aborted'
ORDER BY a.seq LIMIT $2;

-- name: evidence_seqs :many (subject, limit)
SELECT a.seq FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
WHERE a.subject = $1 AND s.withdrawn_at IS NULL AND s.phase <> 'Aborted'
ORDER BY a.seq LIMIT $2;

-- Held, because there was no such subject.
-- name: evidence_held :many (subject, limit)
SELECT a.seq FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
WHERE a.subject = $1 AND s.phase = 'Pending' AND s.slot IS NULL AND s.withdrawn_at IS NULL
ORDER BY a.seq LIMIT $2;

-- name: evidence_overdue :many (before, limit)
SELECT artifact_seq AS seq FROM artifact_state
WHERE slot IS NULL AND phase = 'Pending' AND updated_at <= $1 ORDER BY updated_at LIMIT $2;

-- Every provider's artifact of this id. One probe for each provider: (provider, id) is the key.
-- name: artifact_places :many (id) -- scan ok
WITH RECURSIVE p (provider) AS (
	SELECT min(provider) FROM artifact
	UNION ALL
	SELECT (SELECT min(provider) FROM artifact WHERE provider > p.provider) FROM p
	WHERE p.provider IS NOT NULL)
SELECT a.seq, s.slot FROM p JOIN artifact a ON a.provider = p.provider AND a.id = $1
	JOIN artifact_state s ON s.artifact_seq = a.seq
WHERE s.withdrawn_at IS NULL;

-- The unit with this id and content.
-- name: artifact_content :one (id, digest) -- scan ok
WITH RECURSIVE p (provider) AS (
	SELECT min(provider) FROM artifact
	UNION ALL
	SELECT (SELECT min(provider) FROM artifact WHERE provider > p.provider) FROM p
	WHERE p.provider IS NOT NULL)
SELECT a.content FROM p JOIN artifact a ON a.provider = p.provider AND a.id = $1
WHERE a.digest = $2;

-- All with this subject, whatever became of them.
-- name: evidence_content :many (subject)
SELECT a.seq, a.digest, a.content FROM artifact a WHERE a.subject = $1 ORDER BY a.seq;

-- Have a candidate judged anew: no context is ever equal to the mark.
-- name: artifact_touch :exec (artifact_seq, mark)
UPDATE artifact_state SET context = $2
WHERE artifact_seq = $1 AND slot IS NOT NULL AND withdrawn_at IS NULL;

-- name: contract_wait_insert :exec (contract_digest, artifact_seq)
INSERT INTO contract_wait (contract_digest, artifact_seq) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: contract_wait_touch :exec (contract_digest, mark)
UPDATE artifact_state SET context = $2
WHERE artifact_seq IN (SELECT artifact_seq FROM contract_wait WHERE contract_digest = $1)
	AND slot IS NOT NULL AND withdrawn_at IS NULL;

-- name: contract_wait_delete :exec (contract_digest)
DELETE FROM contract_wait WHERE contract_digest = $1;
