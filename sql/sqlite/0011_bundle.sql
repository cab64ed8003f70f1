-- SPDX-License-Identifier: Apache-2.0
--
-- Releases as OpenSSF model-signing bundles, when that is asked for: for verifiers that are not ours.

CREATE TABLE bundle_key (
	seq INTEGER PRIMARY KEY,
	hint TEXT NOT NULL UNIQUE,	-- hex SHA-256 of its PEM
	public_key TEXT NOT NULL,	-- PEM, P-256
	created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE release_bundle (
	release_version TEXT NOT NULL REFERENCES release (version),
	key_seq INTEGER NOT NULL REFERENCES bundle_key (seq),
	body TEXT NOT NULL,
	body_digest TEXT NOT NULL,
	PRIMARY KEY (release_version, key_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_bundle_key ON release_bundle (key_seq);

CREATE TRIGGER bundle_key_no_update BEFORE UPDATE ON bundle_key BEGIN SELECT RAISE(ABORT, 'keys are immutable'); END;
CREATE TRIGGER bundle_key_no_delete BEFORE DELETE ON bundle_key BEGIN SELECT RAISE(ABORT, 'keys are immutable'); END;
CREATE TRIGGER release_bundle_no_update BEFORE UPDATE ON release_bundle BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_bundle_no_delete BEFORE DELETE ON release_bundle BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
