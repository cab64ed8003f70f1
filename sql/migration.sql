-- SPDX-License-Identifier: Apache-2.0

-- name: migration_all :many -- scan ok
SELECT version, name, sha256, applied_at FROM migration ORDER BY version;

-- name: migration_insert :exec (version, name, sha256, applied_at)
INSERT INTO migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4);
