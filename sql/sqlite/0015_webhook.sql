-- SPDX-License-Identifier: Apache-2.0
--
-- Webhooks that go out. The history is the outbox: an event has its delivery once the cursor has
-- passed it, in the same transaction.

CREATE TABLE webhook (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	url TEXT NOT NULL,
	types TEXT NOT NULL,		-- patterns, space separated
	format TEXT NOT NULL,		-- cloudevents, slack
	description TEXT,
	status TEXT NOT NULL,		-- ACTIVE, DISABLED
	disabled_cause TEXT,		-- request, gone, failing
	disabled_at INTEGER,
	cursor INTEGER NOT NULL,	-- events up to this one have their deliveries, or need none
	failing_since INTEGER,		-- the first failure after the last success
	last_delivered_at INTEGER,
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- What signs. Secrets must be at hand to sign, so they stand here as they are: the registry is
-- readable by the daemon's user alone.
CREATE TABLE webhook_secret (
	seq INTEGER PRIMARY KEY,
	webhook_seq INTEGER NOT NULL REFERENCES webhook (seq),
	algorithm TEXT NOT NULL,	-- v1, v1a
	secret BLOB NOT NULL,
	public TEXT,			-- whpk_..., of v1a
	created_at INTEGER NOT NULL,
	expires_at INTEGER		-- NULL: the present one
) STRICT;
CREATE INDEX webhook_secret_webhook ON webhook_secret (webhook_seq, seq);
CREATE INDEX webhook_secret_expiry ON webhook_secret (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE webhook_delivery (
	seq INTEGER PRIMARY KEY,
	webhook_seq INTEGER NOT NULL REFERENCES webhook (seq),
	event_seq INTEGER REFERENCES event (seq), -- NULL: a test
	id TEXT NOT NULL,		-- the header webhook-id
	phase TEXT NOT NULL,		-- Pending, Succeeded, Failed, Aborted
	tries INTEGER NOT NULL,		-- since it was last asked for
	attempts INTEGER NOT NULL,	-- in all
	first_at INTEGER,		-- the first of these tries
	due_at INTEGER,			-- NULL: over
	created_at INTEGER NOT NULL,
	finished_at INTEGER,
	UNIQUE (webhook_seq, id)
) STRICT;
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_seq, seq);
CREATE INDEX webhook_delivery_phase ON webhook_delivery (webhook_seq, phase, seq);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_seq, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_over ON webhook_delivery (webhook_seq, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_seq) WHERE event_seq IS NOT NULL;

CREATE TABLE webhook_attempt (
	delivery_seq INTEGER NOT NULL REFERENCES webhook_delivery (seq) ON DELETE CASCADE,
	n INTEGER NOT NULL,
	at INTEGER NOT NULL,
	took_ms INTEGER NOT NULL,
	status INTEGER,			-- NULL: there was no answer
	detail TEXT,
	response TEXT,
	PRIMARY KEY (delivery_seq, n)
) STRICT, WITHOUT ROWID;
