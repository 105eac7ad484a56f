#!/bin/sh
# make_secrets.sh FOLDER: generate the secrets that docker-compose.yml mounts; existing ones are kept.
# Only the owner can enter the folder; its files are readable for all, because other users read them in the
# containers.
set -eu
folder=${1:?usage: make_secrets.sh FOLDER}
mkdir -p "$folder"
chmod 700 "$folder"
for name in postgres_password loader_password transformer_password publisher_password analyst_password \
    bi_reader_password airflow_db_password airflow_admin_password airflow_jwt_secret airflow_api_secret \
    airflow_fernet_key superset_db_password superset_admin_password superset_secret_key; do
    file=$folder/textile_$name
    [ -s "$file" ] && continue
    # 32 random bytes as url-safe base64: the format of Airflow's Fernet key.
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' > "$file.draft"
    chmod 444 "$file.draft"
    mv "$file.draft" "$file"
done
echo "secrets are in $folder"
