package main

import "crypto/tls"

// Versions of TLS, as kube-apiserver's own --tls-min-version names them.
const (
	versionTLS12 = "VersionTLS12"
	versionTLS13 = "VersionTLS13"
)

// tlsVersions are those that webhooks may be served with. Earlier ones are broken.
var tlsVersions = map[string]uint16{versionTLS12: tls.VersionTLS12, versionTLS13: tls.VersionTLS13}
