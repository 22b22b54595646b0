# The function that links GDAL: Debian's libraries, which change rarely, then the binary. The binary must have been built
# on the same Debian, as `make images` on it does.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libgdal32 libdeflate0 \
    && rm -rf /var/lib/apt/lists/*
COPY app /app
USER 65532:65532
ENTRYPOINT ["/app"]
