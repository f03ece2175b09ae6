// Package certmanager makes the objects by which cert-manager issues the server's certificate and publishes its authority.
//
// An authority of our own, in four steps: an Issuer that signs by itself, a Certificate of an authority, an Issuer that signs by that
// authority, and the Certificate of the server. With an issuer of the cluster's own only the last is made. cert-manager writes the
// certificate to a Secret, which the server mounts ([certs.Files]); its cainjector copies ca.crt of that Secret into the caBundles of
// objects that carry [InjectAnnotation]. The server itself then needs no right to write Secrets or caBundles.
//
// The Helm chart makes the same objects (templates/certificate.yaml); a test in test/chart holds the two together.
package certmanager
