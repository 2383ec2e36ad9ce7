# lulld with the sample on 0.0.0.0:8080. Mount your own files over /etc/lull; keep /var/lib/lull, the data directory.
#   docker build -t lull . && docker run --rm --read-only -p 127.0.0.1:8080:8080 lull
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/lib scripts/lib
RUN bash -euo pipefail -c '. scripts/lib/common.sh; need build'
COPY . .
RUN cmake --preset release -DLULL_BUILD_TESTS=OFF -DLULL_BUILD_BENCHMARKS=OFF \
    && cmake --build --preset release \
    && cmake --install build/release --prefix /opt/lull --strip

FROM debian:bookworm-slim
RUN apt-get -o Acquire::Retries=3 update \
    && DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install --yes --no-install-recommends \
       liburcu8 libxxhash0 libssl3 libsqlite3-0 libfyaml0 libsimdjson14 \
       libprometheus-cpp-core1.0 libspdlog1.10 libfmt9 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/lull/bin/ /usr/local/bin/
COPY config/service.yaml /etc/lull/
COPY config/documents/ /etc/lull/documents/
COPY config/inventory/ /etc/lull/inventory/
# A number, so that a cluster can check that it is not root. Nothing else in the image belongs to it.
RUN install -d -m 700 -o 10001 -g 10001 /var/lib/lull
VOLUME /var/lib/lull
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s --retries=3 \
    CMD ["lullctl", "--server", "http://127.0.0.1:8080", "status"]
ENTRYPOINT ["lulld"]
CMD ["--config", "/etc/lull/service.yaml", "--data-dir", "/var/lib/lull", "--listen", "0.0.0.0:8080"]
