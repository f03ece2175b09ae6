// Package certs says where the server's certificate comes from, and keeps the other side able to verify it.
//
// A [Source] gives the TLS listener its certificate and keeps it fresh. There are three:
//
//   - [Files] reads a certificate and a key from disk and follows changes. Whoever writes the files also cares for the
//     caBundles.
//   - [SelfManaged] needs nobody else. It keeps a certificate authority in a Secret, signs a short-lived leaf for each
//     replica in memory, and publishes the authority into the caBundle fields of [Configurations].
//   - [Ephemeral] is for a server without a cluster.
//
// # One authority, many replicas
//
// All replicas do the same and none is special; there is no leader election. What makes that safe is that every
// change of the Secret is a create, or an update that carries the resourceVersion of the content that it replaces.
// The API server lets exactly one of several writers win; the others read again, find what the winner wrote, and go
// on from there. Ten replicas that start together end with one authority, and content that is broken is replaced
// once.
//
// # Rotation
//
// The Secret holds an authority in one of three roles (see state.go): signer signs leaves, next will sign once
// everybody trusts it, retired signs no more but is still trusted. The published bundle is all of them, so that a
// rotation never has a moment in which a leaf in use is not trusted:
//
//  1. A signer that has lived two thirds of its life, or the annotation [RotateAnnotation], brings a next authority.
//  2. The bundle with both is published. When every configuration has been seen to carry it for the settle time, next becomes the
//     signer, and the old signer is retired.
//  3. Replicas replace their leaf as soon as they see the new signer. When every leaf of the old one has expired, it is dropped.
//
// Each step follows from what the Secret and the configurations hold (rotation.go is a pure function of them), so a
// crash at any point needs no clean-up: the next pass of any replica goes on.
//
// # What is written
//
// One Secret, and caBundle fields of client configurations that point at our Service, in as many objects as [ConfigurationsOptions] names; see cabundle.go for why that is
// a JSON patch and not a server-side apply. Configurations are never created, and nothing else in them is touched.
package certs
