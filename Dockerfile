# Weir in one image: each service of docker-compose.yml runs one of its commands.
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.12.13-slim-trixie
COPY --from=uv /uv /usr/local/bin/uv
# a volume that is mounted at /weir takes over these folders and their owner
RUN useradd --uid 10001 --create-home weir && install -d -o weir -g weir /app /weir /weir/dagster
USER weir
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    DAGSTER_DISABLE_TELEMETRY=yes \
    GX_ANALYTICS_ENABLED=false \
    WEIR_HOME=/weir \
    DAGSTER_HOME=/weir/dagster

# first what seldom changes: 1.5 GB of packages, then 0.8 GB of Spark's jars, those for S3 too
COPY --chown=weir:weir pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --group containers --no-install-project
COPY --chown=weir:weir weir/__init__.py weir/error.py weir/settings.py weir/
COPY --chown=weir:weir spark_jobs/__init__.py spark_jobs/jars.py spark_jobs/
RUN WEIR_LAKE=s3a://any/lake python -c "from spark_jobs.jars import KAFKA, jars; jars(KAFKA)"

COPY --chown=weir:weir . .
RUN uv sync --frozen --no-dev --group containers
ENTRYPOINT []
CMD ["weir", "doctor"]
