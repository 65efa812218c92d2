# The one binary, with the dashboard inside, in a small image without a shell: docker build -t project-sync .
#
# packaging/image/try builds the last stage and runs the result where there is no Docker.
ARG RUST_IMAGE=rust:1.95-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${RUST_IMAGE} AS chef
RUN cargo install cargo-chef --version 0.1.78 --locked
WORKDIR /build

# What of the sources says which dependencies there are.
FROM chef AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=recipe /build/recipe.json .
# This layer is made again when a dependency changes, not with each change of ours.
RUN cargo chef cook --release --locked --package project-sync --recipe-path recipe.json
COPY . .
# Beside the binary what is in it, and an empty folder that the unprivileged user of the image below may write.
RUN cargo build --release --locked --bin project-sync \
    && mkdir -p /out/data \
    && cp target/release/project-sync LICENSE-MIT LICENSE-APACHE /out/ \
    && packaging/sbom x86_64-unknown-linux-gnu >/out/sbom.cdx.json

# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Project Sync" \
      org.opencontainers.image.description="Keeps what a team knows about its code in step with the code itself" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/project-sync /usr/local/bin/project-sync
COPY --from=build /out/sbom.cdx.json /out/LICENSE-MIT /out/LICENSE-APACHE /usr/share/doc/project-sync/
COPY --from=build --chown=65532:65532 /out/data /data
ENV PROJECT_SYNC_DATA=/data
VOLUME /data
USER 65532:65532
EXPOSE 8080 8081 9464
# Of the API; for other parts: --part gateway, --part worker.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s \
    CMD ["/usr/local/bin/project-sync", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/project-sync"]
CMD ["serve"]
