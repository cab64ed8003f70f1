-- SPDX-License-Identifier: Apache-2.0
--
-- The registry. Instants are microseconds since 1970 (UTC). What is evidence or history is
-- append-only and says so with triggers; what changes stands apart, in the *_state tables and the
-- channel, and is changed by compare-and-set. `body` columns hold rendered JSON as it is served, with
-- its digest (the ETag) and the version of the code that rendered it.

-- The migrations that made this schema; SHA-256 of their text.
CREATE TABLE migration (
	version INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	applied_at INTEGER NOT NULL
) STRICT;

-- Facts about the file itself, e.g. the version of the code that rendered its bodies.
CREATE TABLE setting (
	name TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every change of state, in one hash chain: hash = SHA-256(0x00 || prev_hash || entry).
CREATE TABLE event (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	type TEXT NOT NULL,		-- entity.action, e.g. release.activated
	subject TEXT NOT NULL,		-- what it happened to
	actor TEXT NOT NULL,		-- token:<id>, controller:<name>, local
	entry TEXT NOT NULL,		-- canonical JSON of the whole event, as served
	prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX event_type ON event (type, seq);
-- The subject of a manifest's event is its digest: random, so that each row would dirty a page of its
-- own here. That event is found through the manifest.
CREATE INDEX event_subject ON event (subject, seq) WHERE type <> 'manifest.submitted';

-- What must still be done because of a committed change. Done more than once it does no harm.
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	event_seq INTEGER NOT NULL REFERENCES event (seq),
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	due_at INTEGER NOT NULL,
	done_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

CREATE TABLE policy (
	version INTEGER PRIMARY KEY,
	digest TEXT NOT NULL,		-- not unique: an earlier document may come back
	body TEXT NOT NULL,		-- canonical JSON
	summary TEXT NOT NULL,		-- what lists show
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

-- A manifest is known by the SHA-256 of its canonical form.
CREATE TABLE manifest (
	seq INTEGER PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE,
	provider TEXT NOT NULL,
	canonical TEXT NOT NULL,
	receipt TEXT NOT NULL,		-- the answer its first submission got, byte for byte
	actor TEXT NOT NULL,
	event_seq INTEGER NOT NULL REFERENCES event (seq),
	received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX manifest_provider ON manifest (provider, seq);

CREATE TABLE artifact (
	seq INTEGER PRIMARY KEY,
	provider TEXT NOT NULL,
	id TEXT NOT NULL,		-- namespace/family-vN
	namespace TEXT NOT NULL,
	family TEXT NOT NULL,
	number INTEGER NOT NULL,
	branch TEXT,
	role TEXT NOT NULL,
	subject TEXT,			-- the artifact this one is evidence about
	digest TEXT NOT NULL,		-- of `content`
	content TEXT NOT NULL,		-- canonical {artifact, contract, eval_suite, provider}
	manifest_seq INTEGER NOT NULL REFERENCES manifest (seq),
	late INTEGER NOT NULL,		-- 1: its number was below the newest of its family when it came
	received_at INTEGER NOT NULL,
	UNIQUE (provider, id)
) STRICT;
CREATE INDEX artifact_family ON artifact (provider, namespace, family, number);
CREATE INDEX artifact_subject ON artifact (subject, seq) WHERE subject IS NOT NULL;

CREATE TABLE manifest_artifact (
	manifest_seq INTEGER NOT NULL REFERENCES manifest (seq),
	position INTEGER NOT NULL,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	PRIMARY KEY (manifest_seq, position)
) STRICT, WITHOUT ROWID;

-- Each verdict ever given, with the digests of all that it was computed from.
CREATE TABLE judgement (
	seq INTEGER PRIMARY KEY,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	at INTEGER NOT NULL,
	digest TEXT NOT NULL,		-- of `body`
	inputs_digest TEXT NOT NULL,	-- of the canonical inputs: equal inputs, equal verdict
	inputs TEXT NOT NULL,		-- {artifact, baseline, policy, evidence[]}: digests
	policy_version INTEGER NOT NULL REFERENCES policy (version),
	phase TEXT NOT NULL,
	body TEXT NOT NULL		-- the gates, as served by .../gates
) STRICT;
CREATE INDEX judgement_artifact ON judgement (artifact_seq, seq);

-- Where an artifact stands now.
CREATE TABLE artifact_state (
	artifact_seq INTEGER PRIMARY KEY REFERENCES artifact (seq),
	provider TEXT NOT NULL,		-- copied from artifact, so that each filter is one index
	role TEXT NOT NULL,
	slot TEXT,			-- NULL: evidence, never a unit
	phase TEXT NOT NULL,
	judgement_seq INTEGER REFERENCES judgement (seq),
	context TEXT NOT NULL,		-- digest of baseline and policy it was judged against; '' for none
	score REAL,			-- ranks candidates that pass
	number INTEGER NOT NULL,
	held_by TEXT,			-- the breached release that quarantined it
	withdrawn_at INTEGER,
	body TEXT NOT NULL,
	body_digest TEXT NOT NULL,
	render INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX artifact_state_slot ON artifact_state (slot, phase, score DESC, number DESC);
-- Roles belong to one provider (but for eval), so a filter by provider on top of one by role or phase
-- leaves most of the rows it reads.
CREATE INDEX artifact_state_provider ON artifact_state (provider, artifact_seq);
CREATE INDEX artifact_state_phase ON artifact_state (phase, artifact_seq);
CREATE INDEX artifact_state_role ON artifact_state (role, artifact_seq);
CREATE INDEX artifact_state_role_phase ON artifact_state (role, phase, artifact_seq);
-- Finds what was judged against another baseline or policy without reading what was not.
CREATE INDEX artifact_state_context ON artifact_state (slot, context)
	WHERE slot IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX artifact_state_held ON artifact_state (held_by) WHERE held_by IS NOT NULL;

-- A fused candidate, X.Y.Z-rc.N. The row never changes; merge_state does.
CREATE TABLE merge (
	seq INTEGER PRIMARY KEY,
	version TEXT NOT NULL UNIQUE,
	release TEXT NOT NULL,		-- X.Y.Z
	baseline TEXT,			-- the release it was made against, NULL before the first
	serial INTEGER NOT NULL,	-- of the channel then
	policy_digest TEXT NOT NULL,
	identity TEXT NOT NULL,		-- digest of baseline, serial, policy, units: equal = the same merge
	content TEXT NOT NULL,		-- canonical: units, gates, plan
	digest TEXT NOT NULL,
	actor TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX merge_identity ON merge (identity, seq);
CREATE INDEX merge_release ON merge (release, seq);

CREATE TABLE merge_unit (
	merge_version TEXT NOT NULL REFERENCES merge (version),
	slot TEXT NOT NULL,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	kept INTEGER NOT NULL,		-- 1: the active release's unit, nothing better came
	PRIMARY KEY (merge_version, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX merge_unit_artifact ON merge_unit (artifact_seq);

CREATE TABLE merge_state (
	merge_seq INTEGER PRIMARY KEY REFERENCES merge (seq),
	merge_version TEXT NOT NULL UNIQUE REFERENCES merge (version),
	state TEXT NOT NULL,		-- open, superseded, promoted
	phase TEXT NOT NULL,
	body TEXT NOT NULL,
	body_digest TEXT NOT NULL,
	render INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX merge_state_list ON merge_state (state, merge_seq);

-- An immutable release: `body` is served byte for byte for ever, `digest` is its ETag.
CREATE TABLE release (
	seq INTEGER PRIMARY KEY,
	version TEXT NOT NULL UNIQUE,
	merge_version TEXT NOT NULL UNIQUE REFERENCES merge (version),
	previous TEXT,
	body TEXT NOT NULL,
	digest TEXT NOT NULL,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE release_unit (
	release_version TEXT NOT NULL REFERENCES release (version),
	slot TEXT NOT NULL,
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	fresh INTEGER NOT NULL,		-- 1: new in this release; quarantined when it is breached
	PRIMARY KEY (release_version, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_unit_artifact ON release_unit (artifact_seq);

CREATE TABLE release_state (
	release_seq INTEGER PRIMARY KEY REFERENCES release (seq),
	release_version TEXT NOT NULL UNIQUE REFERENCES release (version),
	state TEXT NOT NULL,		-- active, warm, retired, breached
	last_serial INTEGER NOT NULL,	-- its newest activation: orders by "most recently active"
	last_active_at INTEGER NOT NULL,
	body TEXT NOT NULL,		-- the summary that lists show
	body_digest TEXT NOT NULL,
	render INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX release_state_list ON release_state (state, release_seq);
CREATE INDEX release_state_recent ON release_state (state, last_serial);
-- Promise 2: never two active releases.
CREATE UNIQUE INDEX release_state_active ON release_state (state) WHERE state = 'active';

-- Each time a release becomes active is an activation; its number is the channel's serial.
CREATE TABLE activation (
	serial INTEGER PRIMARY KEY,
	channel TEXT NOT NULL,
	release_version TEXT NOT NULL REFERENCES release (version),
	previous TEXT,
	cause TEXT NOT NULL,		-- promotion, rollback, slo
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX activation_release ON activation (release_version, serial);

CREATE TABLE channel (
	name TEXT PRIMARY KEY,
	serial INTEGER NOT NULL,
	release_version TEXT NOT NULL REFERENCES release (version),
	body TEXT NOT NULL,
	body_digest TEXT NOT NULL,
	render INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- Windows of counts that nodes report, keyed by activation.
CREATE TABLE observation (
	serial INTEGER NOT NULL REFERENCES activation (serial),
	node TEXT NOT NULL,
	t_end INTEGER NOT NULL,
	t_start INTEGER NOT NULL,
	total INTEGER NOT NULL,
	errors INTEGER NOT NULL,
	slow INTEGER NOT NULL,
	tokens INTEGER NOT NULL,
	cost_micro INTEGER NOT NULL,
	safety_checked INTEGER NOT NULL,
	safety_violations INTEGER NOT NULL,
	safety_critical INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	PRIMARY KEY (serial, node, t_end)
) STRICT, WITHOUT ROWID;
CREATE INDEX observation_time ON observation (serial, t_end);

CREATE TABLE token (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	scopes TEXT NOT NULL,		-- space separated
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	revoked_at INTEGER,
	body TEXT NOT NULL		-- as served; never holds the secret
) STRICT;

-- What a request with an Idempotency-Key was answered, written with its effect.
CREATE TABLE idempotency (
	principal TEXT NOT NULL,
	route TEXT NOT NULL,
	key TEXT NOT NULL,
	request_digest TEXT NOT NULL,
	status INTEGER NOT NULL,
	location TEXT,
	body TEXT NOT NULL,
	etag TEXT,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (principal, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TRIGGER migration_no_update BEFORE UPDATE ON migration BEGIN SELECT RAISE(ABORT, 'migrations are append-only'); END;
CREATE TRIGGER migration_no_delete BEFORE DELETE ON migration BEGIN SELECT RAISE(ABORT, 'migrations are append-only'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'history is immutable'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'history is immutable'); END;
CREATE TRIGGER policy_no_update BEFORE UPDATE ON policy BEGIN SELECT RAISE(ABORT, 'policies are immutable'); END;
CREATE TRIGGER policy_no_delete BEFORE DELETE ON policy BEGIN SELECT RAISE(ABORT, 'policies are immutable'); END;
CREATE TRIGGER manifest_no_update BEFORE UPDATE ON manifest BEGIN SELECT RAISE(ABORT, 'manifests are immutable'); END;
CREATE TRIGGER manifest_no_delete BEFORE DELETE ON manifest BEGIN SELECT RAISE(ABORT, 'manifests are immutable'); END;
CREATE TRIGGER artifact_no_update BEFORE UPDATE ON artifact BEGIN SELECT RAISE(ABORT, 'artifacts are immutable'); END;
CREATE TRIGGER artifact_no_delete BEFORE DELETE ON artifact BEGIN SELECT RAISE(ABORT, 'artifacts are immutable'); END;
CREATE TRIGGER manifest_artifact_no_update BEFORE UPDATE ON manifest_artifact BEGIN SELECT RAISE(ABORT, 'manifests are immutable'); END;
CREATE TRIGGER manifest_artifact_no_delete BEFORE DELETE ON manifest_artifact BEGIN SELECT RAISE(ABORT, 'manifests are immutable'); END;
CREATE TRIGGER judgement_no_update BEFORE UPDATE ON judgement BEGIN SELECT RAISE(ABORT, 'judgements are immutable'); END;
CREATE TRIGGER judgement_no_delete BEFORE DELETE ON judgement BEGIN SELECT RAISE(ABORT, 'judgements are immutable'); END;
CREATE TRIGGER merge_no_update BEFORE UPDATE ON merge BEGIN SELECT RAISE(ABORT, 'merges are immutable'); END;
CREATE TRIGGER merge_no_delete BEFORE DELETE ON merge BEGIN SELECT RAISE(ABORT, 'merges are immutable'); END;
CREATE TRIGGER merge_unit_no_update BEFORE UPDATE ON merge_unit BEGIN SELECT RAISE(ABORT, 'merges are immutable'); END;
CREATE TRIGGER merge_unit_no_delete BEFORE DELETE ON merge_unit BEGIN SELECT RAISE(ABORT, 'merges are immutable'); END;
CREATE TRIGGER release_no_update BEFORE UPDATE ON release BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_no_delete BEFORE DELETE ON release BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_unit_no_update BEFORE UPDATE ON release_unit BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER release_unit_no_delete BEFORE DELETE ON release_unit BEGIN SELECT RAISE(ABORT, 'releases are immutable'); END;
CREATE TRIGGER activation_no_update BEFORE UPDATE ON activation BEGIN SELECT RAISE(ABORT, 'activations are immutable'); END;
CREATE TRIGGER activation_no_delete BEFORE DELETE ON activation BEGIN SELECT RAISE(ABORT, 'activations are immutable'); END;
