-- SPDX-License-Identifier: Apache-2.0
--
-- What a lost release that was breached held and a restore did not find: it is held when it comes.
CREATE TABLE held_awaited (
	provider TEXT NOT NULL,
	id TEXT NOT NULL,
	held_by TEXT NOT NULL,
	PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER held_awaited_no_update BEFORE UPDATE ON held_awaited BEGIN SELECT RAISE(ABORT, 'what was held stays on record'); END;
CREATE TRIGGER held_awaited_no_delete BEFORE DELETE ON held_awaited BEGIN SELECT RAISE(ABORT, 'what was held stays on record'); END;
