-- SPDX-License-Identifier: Apache-2.0
--
-- What the controller of rollbacks knows beyond what releases and activations say.

CREATE TABLE watch (
	channel TEXT PRIMARY KEY,
	serial INTEGER NOT NULL,	-- the activation that the next three speak of
	latched INTEGER NOT NULL,	-- 1: it was found breached
	quarantined INTEGER NOT NULL,	-- 1: its release serves on although it is breached
	told TEXT NOT NULL,		-- what kept a rollback back, as told last
	locked_at INTEGER NOT NULL,	-- no promotions since then until acknowledged; 0: they are free
	acknowledged_at INTEGER NOT NULL, -- rollbacks up to then hold nothing; 0: never
	updated_at INTEGER NOT NULL
) STRICT;

-- The automatic rollbacks, by time.
CREATE INDEX activation_cause ON activation (cause, at);
