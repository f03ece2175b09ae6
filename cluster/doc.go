// Package cluster holds what a decision may know of the cluster.
//
// Everything that a rule can ask of memory is in [View]: SidecarSets, their ControllerRevisions, the labels of namespaces, the settings
// ConfigMap, and the policies that new pods are held against ([Kinds]). Nothing else is ever watched (design §3.6): pods, claims and other
// resources are read one by one, or listed only when a protected object is being deleted, bounded by the deadline of the request.
//
// Two things are written: the revisions of SidecarSets, where OpenKruise does not record them (package cluster/revisions), for which no decision
// waits; and how many pods a WorkloadSpread or a budget has let through, which is part of a decision (package cluster/ledger).
//
// Two sources fill a View:
//
//   - the live source (package cluster/live) watches an API server;
//   - the manifests source (package cluster/manifests) reads YAML and JSON files, so that the server, the command line
//     and tests run without any cluster.
//
// Both put what they learn into a [Store], which answers and which tells listeners what changed.
//
// Rules do not import this package; they declare the small interfaces they need, and a View satisfies them.
package cluster
