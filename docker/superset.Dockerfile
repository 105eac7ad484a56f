# The image of Superset, which has its own Python. Build from the project's folder:
#   docker build -f docker/superset.Dockerfile -t lanxi-textile-superset .
FROM python:3.11-slim

RUN useradd --uid 50000 --no-create-home --shell /usr/sbin/nologin textile \
    && install -d -o textile -g textile /var/lib/superset

WORKDIR /opt/superset
COPY requirements/superset.txt requirements/superset-build.txt requirements/
# As scripts/setup_venv.sh: two packages come as source only and are built by a locked setuptools.
RUN python -m pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/superset-build.txt \
    && python -m pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
        --no-binary odfpy,wtforms-json --no-build-isolation -r requirements/superset.txt

COPY include/dashboard/superset_config.py include/dashboard/superset_prepare.py ./

ENV SUPERSET_CONFIG_PATH=/opt/superset/superset_config.py \
    SUPERSET_HOME=/var/lib/superset \
    HOME=/var/lib/superset \
    TEXTILE_SECRETS_DIR=/run/secrets \
    SCARF_ANALYTICS=false \
    DO_NOT_TRACK=1
USER textile
CMD ["python", "-m", "gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "8", \
    "--bind", "0.0.0.0:8088", "--timeout", "120", "superset.app:create_app()"]
