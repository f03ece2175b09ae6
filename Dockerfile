# The image holds one static binary and nothing else. Build it with `make image`, which compiles the binary first: the image is
# then the same whether docker or buildah makes it, and needs no network.
FROM scratch
COPY bin/kruise-admission /kruise-admission
USER 65532:65532
ENTRYPOINT ["/kruise-admission"]
CMD ["serve"]
