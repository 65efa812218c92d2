# The one binary in a small image without a shell: docker build -t project-sync .
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
# The registry and the target folder are kept between builds, the binary is not in them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked && cp target/release/project-sync /project-sync
# An empty folder that the unprivileged user of the image below may write.
RUN mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /project-sync /usr/local/bin/project-sync
COPY --from=build --chown=nonroot:nonroot /data /data
ENV PROJECT_SYNC_DATA=/data
VOLUME /data
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/project-sync"]
CMD ["serve"]
