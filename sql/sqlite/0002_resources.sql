-- SPDX-License-Identifier: Apache-2.0
--
-- What verdicts rest on besides the policy: the canonical evaluation suites, the contracts, and the
-- waivers.

-- A version of an evaluation suite, immutable.
CREATE TABLE suite (
	seq INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	version TEXT NOT NULL,
	digest TEXT NOT NULL,		-- what manifests call it by
	content TEXT NOT NULL,		-- canonical JSON of the definition
	body TEXT NOT NULL,		-- as served
	body_digest TEXT NOT NULL,
	actor TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	UNIQUE (name, version)
) STRICT;

-- Each time a suite becomes the current one; the newest row names it.
CREATE TABLE suite_activation (
	serial INTEGER PRIMARY KEY,
	suite_seq INTEGER NOT NULL REFERENCES suite (seq),
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX suite_activation_suite ON suite_activation (suite_seq);

-- A version of a contract, immutable. major, minor and patch order what `version` spells.
CREATE TABLE contract (
	seq INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	version TEXT NOT NULL,
	major INTEGER NOT NULL,
	minor INTEGER NOT NULL,
	patch INTEGER NOT NULL,
	digest TEXT NOT NULL,		-- of `document`
	document TEXT NOT NULL,		-- canonical JSON
	summary TEXT NOT NULL,		-- what lists show
	actor TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	UNIQUE (name, major, minor, patch)
) STRICT;
CREATE INDEX contract_digest ON contract (digest, seq);
CREATE INDEX contract_name ON contract (name, seq);

-- Leave to pass one gate with one candidate. What was asked for never changes; waiver_state does.
CREATE TABLE waiver (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	gate TEXT NOT NULL,
	provider TEXT NOT NULL,
	artifact_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	requested_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX waiver_artifact ON waiver (provider, artifact_id, seq);

CREATE TABLE waiver_state (
	waiver_seq INTEGER PRIMARY KEY REFERENCES waiver (seq),
	state TEXT NOT NULL,		-- requested, approved, expired, revoked
	expires_at INTEGER NOT NULL,	-- copied from waiver, for the index
	approved_by TEXT,
	approved_at INTEGER,
	approval_reason TEXT,
	revoked_by TEXT,
	revoked_at INTEGER,
	revocation_reason TEXT
) STRICT;
-- Those whose end must still be entered into the history.
CREATE INDEX waiver_state_live ON waiver_state (expires_at) WHERE state IN ('requested', 'approved');

CREATE TRIGGER suite_no_update BEFORE UPDATE ON suite BEGIN SELECT RAISE(ABORT, 'suites are immutable'); END;
CREATE TRIGGER suite_no_delete BEFORE DELETE ON suite BEGIN SELECT RAISE(ABORT, 'suites are immutable'); END;
CREATE TRIGGER suite_activation_no_update BEFORE UPDATE ON suite_activation BEGIN SELECT RAISE(ABORT, 'activations are immutable'); END;
CREATE TRIGGER suite_activation_no_delete BEFORE DELETE ON suite_activation BEGIN SELECT RAISE(ABORT, 'activations are immutable'); END;
CREATE TRIGGER contract_no_update BEFORE UPDATE ON contract BEGIN SELECT RAISE(ABORT, 'contracts are immutable'); END;
CREATE TRIGGER contract_no_delete BEFORE DELETE ON contract BEGIN SELECT RAISE(ABORT, 'contracts are immutable'); END;
CREATE TRIGGER waiver_no_update BEFORE UPDATE ON waiver BEGIN SELECT RAISE(ABORT, 'waivers are immutable'); END;
CREATE TRIGGER waiver_no_delete BEFORE DELETE ON waiver BEGIN SELECT RAISE(ABORT, 'waivers are immutable'); END;
