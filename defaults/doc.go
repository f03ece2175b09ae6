// Package defaults holds the defaults that admission writes into the OpenKruise kinds.
//
// Every kind is a [decision.Reviewer] for its /mutate-... endpoint, in a file named after it. A reviewer first decodes
// the object into its type, so that wrong types are refused, and then writes the defaults into the raw JSON of the
// request through a document (document.go), which remembers each write as one JSON Patch operation. So the patch holds the
// defaults and nothing else: nothing is decoded and encoded again, members that this build does not know stay where
// they are, and nothing that the user wrote is removed.
//
// ContainerRecreateRequest, for which OpenKruise serves no other webhook, is also judged here: what it lacks is copied from its pod, which
// must have it.
//
// What several kinds share has a file each:
//
//	versions.go     the type in which an object is read
//	document.go     reading and writing defaults on raw JSON
//	templates.go    the templates of workloads that store them with defaults
//	podtemplate.go  pod templates of workloads
//	podtemplate_cluster.go
//	                what the cluster itself would add to them
//	container.go    containers
//	probe.go        probes and hooks
//	image.go        pull policies
//	volume.go       volumes
//	quantity.go     resource quantities
//
// Where these defaults differ from those of Kubernetes itself, they do because OpenKruise's do: a SidecarSet's defaults
// are part of its hash, and a pod template's are part of a workload's revision.
package defaults
