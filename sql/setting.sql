-- SPDX-License-Identifier: Apache-2.0

-- name: setting_find :one (name)
SELECT value FROM setting WHERE name = $1;

-- name: setting_set :exec (name, value)
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: room_take :exec (filler)
INSERT INTO room (seq, filler) VALUES (1, $1)
ON CONFLICT (seq) DO UPDATE SET filler = excluded.filler;

-- name: room_give :exec ()
DELETE FROM room;
