-- SPDX-License-Identifier: Apache-2.0
--
-- Who signs, and what was signed.

-- Public halves of the keys that sign; the secret ones are files of their own.
CREATE TABLE signing_key (
	seq INTEGER PRIMARY KEY,
	keyid TEXT NOT NULL UNIQUE,	-- hex SHA-256 of its SubjectPublicKeyInfo
	public_key BLOB NOT NULL CHECK (length(public_key) = 32),
	created_at INTEGER NOT NULL,
	retires_at INTEGER		-- NULL: the active one; until then it signs beside that one
) STRICT;
CREATE UNIQUE INDEX signing_key_active ON signing_key (retires_at IS NULL) WHERE retires_at IS NULL;

-- What is said of a release: an in-toto statement. A key that comes later signs the same bytes.
CREATE TABLE release_statement (
	release_version TEXT PRIMARY KEY REFERENCES release (version),
	statement TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE release_signature (
	release_version TEXT NOT NULL REFERENCES release_statement (release_version),
	key_seq INTEGER NOT NULL REFERENCES signing_key (seq),
	signature BLOB NOT NULL CHECK (length(signature) = 64),
	PRIMARY KEY (release_version, key_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_signature_key ON release_signature (key_seq);

-- The channel as it was last signed. Within a serial only `issued` and `expires` change.
CREATE TABLE channel_pointer (
	channel TEXT PRIMARY KEY REFERENCES channel (name),
	serial INTEGER NOT NULL,
	issued INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	body TEXT NOT NULL,
	body_digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER release_statement_no_update BEFORE UPDATE ON release_statement BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_statement_no_delete BEFORE DELETE ON release_statement BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_signature_no_update BEFORE UPDATE ON release_signature BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_signature_no_delete BEFORE DELETE ON release_signature BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
