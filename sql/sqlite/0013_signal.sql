-- SPDX-License-Identifier: Apache-2.0
--
-- What nodes reported, summed by the hour: what a distillation's trigger looks at.

CREATE TABLE signal_hour (
	hour INTEGER NOT NULL,		-- since 1970
	target TEXT NOT NULL,		-- '' for all; else requests that went there
	total INTEGER NOT NULL,
	errors INTEGER NOT NULL,
	tokens INTEGER NOT NULL,
	cost_micro INTEGER NOT NULL,
	PRIMARY KEY (hour, target)
) STRICT, WITHOUT ROWID;
