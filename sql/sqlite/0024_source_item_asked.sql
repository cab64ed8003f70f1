-- SPDX-License-Identifier: Apache-2.0
--
-- An entry that was refused as it is: since when, and how often it was asked for again.

ALTER TABLE source_item ADD COLUMN refused_at INTEGER; -- NULL: it is not; of old rows: handled_at
ALTER TABLE source_item ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
