#!/bin/sh
# A database and a role of its own for each program, closed to all others. The image of PostgreSQL runs this once,
# on an empty data folder; the passwords come from <PROGRAM>_DB_PASSWORD.
set -eu

for program in identity procedures open_data participation gateway; do
    password=$(printenv "$(echo "$program" | tr '[:lower:]' '[:upper:]')_DB_PASSWORD")
    psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --quiet \
        --set role="$program" --set password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
