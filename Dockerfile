# Build: docker build -t digest .
# Run:   docker run -p 127.0.0.1:8000:8000 -v ./home:/home/digest/data digest
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements-run.lock ./
RUN python -m venv /opt/digest \
 && /opt/digest/bin/pip install --no-cache-dir --require-hashes -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY digest ./digest
COPY templates ./templates
COPY examples/dumps ./examples/dumps
COPY subscribers.yaml subscribers.schema.json ./
RUN /opt/digest/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 digest \
 && install -d -o digest -g digest /home/digest/data
COPY --from=build /opt/digest /opt/digest
ENV PATH=/opt/digest/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DIGEST_HOME=/home/digest/data \
    DIGEST_WEB__BIND=0.0.0.0:8000
USER digest
WORKDIR /home/digest/data
VOLUME /home/digest/data
EXPOSE 8000
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m CMD ["digest", "status", "--alive"]
ENTRYPOINT ["digest"]
CMD ["serve"]
