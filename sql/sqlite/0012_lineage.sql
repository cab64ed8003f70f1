-- SPDX-License-Identifier: Apache-2.0
--
-- What artifacts say they are derived from, by id: the parent may come later, or never.

CREATE TABLE lineage (
	artifact_seq INTEGER NOT NULL REFERENCES artifact (seq),
	parent TEXT NOT NULL,
	PRIMARY KEY (artifact_seq, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX lineage_parent ON lineage (parent, artifact_seq);

INSERT OR IGNORE INTO lineage (artifact_seq, parent)
SELECT a.seq, j.value FROM artifact a, json_each(a.content, '$.artifact.derived_from') j;

CREATE TRIGGER lineage_no_update BEFORE UPDATE ON lineage BEGIN SELECT RAISE(ABORT, 'lineage is immutable'); END;
CREATE TRIGGER lineage_no_delete BEFORE DELETE ON lineage BEGIN SELECT RAISE(ABORT, 'lineage is immutable'); END;
