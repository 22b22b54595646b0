# A static function: its binary, the certificates of authorities, and nothing else. The context is bin/images/NAME, which
# `make images` fills; what changes least comes first.
FROM scratch
COPY files/ /
COPY app /app
USER 65532:65532
ENTRYPOINT ["/app"]
