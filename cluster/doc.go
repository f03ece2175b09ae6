// Package cluster holds what a decision may know of the cluster.
//
// Everything that a rule can ask of memory is in [View]: SidecarSets, their ControllerRevisions, the labels of namespaces, the
// settings ConfigMap, and the policies that new pods are held against ([Kinds]). Nothing else is ever watched
// (docs/architecture.md, rule 6): pods, claims and other resources are read one by one, or listed only when a protected object is
// being deleted, bounded by the deadline of the request.
//
// What only the API server knows is asked of it, one question at a time: what is live below an object (package dependents),
// single pods (pods), workloads (workloads) and storage classes (storageclasses), and whether it would take a pod template
// (podtemplate) or a resource that is to be copied (resourcedryrun).
//
// One thing that is written is part of a decision: how many pods a WorkloadSpread or a budget has let through (ledger). No
// decision waits for what elected replicas (election) write: the revisions of SidecarSets where OpenKruise does not record them
// (revisions), the match condition of pods (narrow), and Events on pods that went without their sidecars, or their eviction
// (missed).
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
