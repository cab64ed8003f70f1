-- SPDX-License-Identifier: Apache-2.0
--
-- What is written, and taken away again, to see whether there is room for as much.

CREATE TABLE room (
	seq INTEGER PRIMARY KEY CHECK (seq = 1),
	filler BLOB NOT NULL
) STRICT;
