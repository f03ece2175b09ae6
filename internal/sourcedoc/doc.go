// Package sourcedoc reads what the sources of the product say about themselves, so that references for users are generated from the
// comments that stand beside the code: names that are written down as strings, such as annotations and feature gates, and the members of
// configuration files. Only tests use it; they keep docs/ equal to what it reads.
//
// A comment describes what it stands above in Go's way, "X holds the hash". A reference shows it as "holds the hash". Lines that begin
// with + are markers, as in the types of Kubernetes.
package sourcedoc
