// Package validate holds the rules that admission enforces on the OpenKruise kinds.
//
// Every kind is a [decision.Reviewer] for its /validate-... endpoint, in files named after it (sidecarset*.go,
// cloneset*.go and so on). A reviewer decodes the object, converts it once to the newest version of
// its kind, gathers all faults as field errors and answers with [decision.Invalid]: several errors at once, each with the
// field as the user's own version spells it.
//
// Rules that several kinds share have a file each:
//
//	workload*.go     the parts that workloads have in common: templates, selector, InPlaceOnly
//	deprecated.go    what v1alpha1 says and v1beta1 says otherwise
//	versions.go      reading either version of a kind as the newest
//	gate.go          what is said while a kind's feature gate is off
//	selector.go      label selectors
//	selector_overlap.go
//	                 whether two of them can select the same object
//	targetref.go     whether two references name the same workload
//	nodeselector.go  groups of nodes, and tolerations
//	metadata.go      object metadata
//	number.go        numbers
//	intorpercent.go  integers or percentages
//	strategy.go      update priorities and scattering
//	podtemplate*.go  the built-in check of pod templates and sidecars, which needs no API server
//	probehost.go     probes and hooks that leave their pod
//	job.go           names and pods of jobs, which come to an end
//	image.go         references to images
//	imagepull.go     what the jobs that pull images have in common
//	inplace*.go      what may change in the pod template of an InPlaceOnly workload
//	name.go          how long a name may be before its pods cannot be created
//	hints.go         what is valid and hardly meant
//	findings.go      what the rules found, with causes that an API server gave
//
// The rules are pure. What they must know of the cluster they ask for through small interfaces that they declare
// themselves; a failed look-up is an error made with [decision.CannotTell], never a refusal.
//
// Where a rule departs from OpenKruise, a comment at the rule says so and why, and test/conformance/deviations.yaml
// lists the recorded decisions that differ.
package validate
