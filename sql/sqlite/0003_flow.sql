-- SPDX-License-Identifier: Apache-2.0
--
-- What makes verdicts fall due again.

-- Candidates that name a contract whose document is not known: judged anew when it is published.
CREATE TABLE contract_wait (
	contract_digest TEXT NOT NULL,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	PRIMARY KEY (contract_digest, artifact_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX contract_wait_artifact ON contract_wait (artifact_seq);

-- Evidence that is held because its subject is not there, by how long.
CREATE INDEX artifact_state_awaits_subject ON artifact_state (updated_at)
	WHERE slot IS NULL AND phase = 'Pending';

-- The oldest release that was active since: the anchor.
CREATE INDEX release_state_last_active ON release_state (last_active_at);
