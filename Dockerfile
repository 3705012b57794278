# The service in a container: docker build -t ragqa .   (docs/how-to/container.md)
#
# What is installed is built in the first stage and copied, so no compiler, cache or source is in the image. It runs as a user
# without rights, needs nothing but /data (indexes, keys) and an empty /tmp, and writes to neither unless told to.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements.lock ./
RUN python -m venv /opt/ragqa && /opt/ragqa/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY ragqa ragqa
RUN /opt/ragqa/bin/pip install ".[cpu,files,languages,mcp,otel,serve]"

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="ragqa" \
      org.opencontainers.image.description="Extractive question answering over your own documents" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/ragqa /opt/ragqa
ENV PATH=/opt/ragqa/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["ragqa"]
CMD ["serve", "--host", "0.0.0.0", "--keys", "/data/keys.json"]
