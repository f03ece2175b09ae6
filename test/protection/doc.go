// Package protection proves delete protection on a real API server: the rules of the server and their twins in CEL on the same table,
// each kind from refusal to release, collections, namespaces, what a configuration adds, and a namespace of 20,000 pods.
package protection
