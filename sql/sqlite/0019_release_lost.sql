-- SPDX-License-Identifier: Apache-2.0
--
-- Versions that were promoted and are not here: a restore found them named and not published. Nodes may have them,
-- so that they are never used again.
CREATE TABLE release_lost (
	version TEXT PRIMARY KEY,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER release_lost_no_update BEFORE UPDATE ON release_lost BEGIN SELECT RAISE(ABORT, 'a version is never used again'); END;
CREATE TRIGGER release_lost_no_delete BEFORE DELETE ON release_lost BEGIN SELECT RAISE(ABORT, 'a version is never used again'); END;
