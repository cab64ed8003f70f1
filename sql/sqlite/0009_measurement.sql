-- SPDX-License-Identifier: Apache-2.0
--
-- What was measured before under another id: looks are counted on.

-- Keys are a slot and a digest: of the unit's own numbers, or of the artifact's bytes. Only of units
-- with samples.
CREATE TABLE measurement (
	key TEXT NOT NULL,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	PRIMARY KEY (key, artifact_seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER measurement_no_update BEFORE UPDATE ON measurement BEGIN SELECT RAISE(ABORT, 'measurements are immutable'); END;
CREATE TRIGGER measurement_no_delete BEFORE DELETE ON measurement BEGIN SELECT RAISE(ABORT, 'measurements are immutable'); END;
