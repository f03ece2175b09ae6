// Package conformance compares the product, as it is built and started by a user, with decisions recorded from OpenKruise, and
// some of its rules with the code of Kubernetes, which the product does not link.
//
// Every recorded case (package internal/recorded says what one is) is posted over HTTPS to servers that are started for it:
//
//	inject    one server that decides by the manifests of universe.yaml, and one connected to a control plane that holds them
//	validate  servers connected to a control plane that holds universe.yaml, one for each set of feature gates; and for the
//	          workloads servers without a cluster, which must never refuse what the recorded decision accepts
//
// Recordings of another cluster can be compared as well; each case that differs is reported with its id and the difference:
//
//	make conformance VECTORS=/path/to/recordings
//	go test -v ./conformance -args -vectors /path/to/recordings
//	KRUISE_ADMISSION_VECTORS=/path/to/recordings go test -v ./conformance
//
// -case PATTERN runs only the cases whose id matches. The last lines give the passed and the failed cases of each set; without
// -v, go test shows them only when something failed.
package conformance
