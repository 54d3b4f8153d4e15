# SPDX-License-Identifier: Apache-2.0
# Builds tokenrelay and puts it, alone with the libraries it loads, into an image without a shell.
#
#   docker build -t tokenrelay .
#
# The base brings compiler and libraries; its digest pins both:
#   --build-arg BUILD_IMAGE=swift:6.3-bookworm@sha256:...
# UPGRADE=yes takes Debian's current fixes for the libraries, at the price of a build that cannot be repeated.
ARG BUILD_IMAGE=swift:6.3-bookworm

FROM ${BUILD_IMAGE} AS build
ARG UPGRADE=no
# The official image has all of it; one that lacks something, or is to be upgraded, asks Debian.
RUN if [ "$UPGRADE" = yes ] || ! [ -s /etc/ssl/certs/ca-certificates.crt ] || ! [ -e /usr/share/doc/libcurl4-openssl-dev ]; then \
        export DEBIAN_FRONTEND=noninteractive \
        && apt-get update -q \
        && if [ "$UPGRADE" = yes ]; then apt-get upgrade -qy; fi \
        && apt-get install -qy --no-install-recommends ca-certificates libcurl4-openssl-dev \
        && rm -rf /var/lib/apt/lists/*; \
    fi
WORKDIR /src
COPY Package.swift ./
# SwiftPM wants a directory for each test target it knows, even if none is built.
RUN for directory in $(grep -oE 'name: "[A-Za-z]+Tests"|path: "Tests/[A-Za-z/]+"' Package.swift \
        | sed -E 's,.*"(Tests/)?(.*)",Tests/\2,'); do \
        mkdir -p "$directory" && : >"$directory/Empty.swift" || exit 1; \
    done
COPY Sources Sources
COPY scripts/image/build scripts/image/
RUN scripts/image/build tokenrelay
# Times of files in the image, in seconds since 1970.
ARG SOURCE_DATE_EPOCH=0
COPY LICENSE ./
COPY scripts/image/assemble scripts/image/
RUN scripts/image/assemble tokenrelay /image

# The stand-in gateway of the tests, an image of its own: docker build --target demo-gateway .
FROM build AS demo-build
RUN scripts/image/build demo-gateway && scripts/image/assemble demo-gateway /demo

FROM scratch AS demo-gateway
COPY --from=demo-build /demo/ /
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 9090
ENTRYPOINT ["/usr/local/bin/demo-gateway"]
CMD ["--listen", "0.0.0.0:9090"]

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG BUILD_IMAGE
LABEL org.opencontainers.image.title="tokenrelay" \
      org.opencontainers.image.description="Puts a short-lived bearer token on every request to an LLM gateway" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="scratch" \
      tokenrelay.build-image="${BUILD_IMAGE}"
COPY --from=build /image/ /
# The one setting that differs from the defaults. On such an address the relay starts only with client keys.
ENV RELAY_LISTEN=0.0.0.0:8080
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/tokenrelay", "health"]
ENTRYPOINT ["/usr/local/bin/tokenrelay"]
CMD ["serve"]
