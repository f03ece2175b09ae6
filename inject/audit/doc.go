// Package audit compares pods with the SidecarSets that apply to them: which pods lack a sidecar, which have an old one, and which SidecarSets
// are in each other's way or of no use.
//
// Injection happens once, when a pod is created, and nobody is told when it does not: an API server whose webhook call fails goes on without the
// sidecars where the failurePolicy says Ignore. So somebody has to look afterwards. The server does (package cluster/missed), and the
// command line does; both ask this package, which asks the same engine that injects.
//
// # What is compared
//
// A [Scan] is given pods, one by one. For each it asks the engine which SidecarSets apply now, and looks at the records that an
// injection leaves in the annotations of a pod. Metadata is therefore enough, and no container is compared: what a running pod was created
// with can only change by the image, and then the controller that changed it has renewed the record.
//
// # What a missing record means
//
// A pod that is older than the SidecarSet never had a chance ([Older]). Nor had one that no webhook entry sends to the server
// ([KeptOut]); the configuration wants it so, and it is a note, not a fault. A younger pod was missed ([Missed]): nobody listened, or
// somebody let the pod by. What cannot be seen is whether the SidecarSet was paused, or selected other pods, when the pod was created; such a
// pod counts as missed, too, because a new one in its place would get the sidecar.
//
// The package is pure: no client, no clock; the ages that matter are those that the API server has written.
package audit
