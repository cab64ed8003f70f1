-- SPDX-License-Identifier: Apache-2.0
--
-- What a webhook of a provider named, until it is pulled; a bounded number for each provider.

CREATE TABLE source_ask (
	provider TEXT NOT NULL,
	name TEXT NOT NULL,		-- of the entry; empty: all that is there
	times INTEGER NOT NULL,		-- how often; what is named again while it is pulled is pulled again
	PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;
