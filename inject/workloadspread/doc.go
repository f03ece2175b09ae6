// Package workloadspread puts pods into the subsets of a WorkloadSpread when they are created, and makes room again when they go
// (spec/pod-other.md 1.3 and 2.2).
//
//   - match.go: which WorkloadSpread a pod belongs to, by its owner, the owner of its owner, and so on;
//   - subset.go: which subset it gets;
//   - bookkeeping.go: how many pods still fit into each subset, as a function of a status to the next one;
//   - replicas.go: of how many pods a percentage is taken;
//   - placement.go: what the subset changes in the pod, as operations against the pod as it was sent;
//   - step.go, release.go: the two answers that admission gives.
//
// # Right on several replicas
//
// A subset with room for one pod takes one, however many are created at once and through whichever replica. So the counts live in the status
// of the WorkloadSpread and nowhere else: a [Ledger] reads it as it is now, lets the rules here count, and writes under the condition that
// nobody has written since; otherwise they count again. A pod that is in the status is not counted twice, so a request that the API server
// repeats takes nothing: a pod with a name is known by that, one without by the unique id of the request.
//
// Subsets of which no count is needed, because there is only one and it has no limit or because the ordinal of the pod decides, cost no call.
//
// # Departures from OpenKruise
//
//   - An owner that is not there any more, or was replaced by another of its name, ends the search for the workload: the pod is admitted as
//     it is. OpenKruise looks into a cache that may not know the owner yet and refuses with 500; here the API server is asked, so what is
//     not there is gone. An owner that cannot be read is "cannot tell", where OpenKruise goes on as if the WorkloadSpread were for others.
//   - The owner is only read when it makes a difference: ReplicaSets for the WorkloadSpread of a Deployment, others for that of a kind on the
//     white list.
//   - A dry run, in whichever way it is asked for, shows the subset and writes nothing. OpenKruise shows nothing, and takes a
//     dry run of an eviction for an eviction.
//   - What another step of admission refuses gives its place back at once; see [Step.Release].
//   - A pod that comes again under the name of one that is just being deleted takes the place of that one, if it is still there;
//     OpenKruise does not count it.
//   - Tolerations, preferences and requirements that the pod has already are not added again, so taking the step twice is taking it once.
//     Nothing is added that says nothing: no empty nodeAffinity, and no empty term, which would match no node.
//   - When a patch changes the priorityClassName, the preemptionPolicy goes as well as the priority: the API server fills in both by the
//     class, and refuses what does not fit.
//   - A pod whose leaving cannot be counted goes nevertheless, with a warning: the count is repaired by the controller, and OpenKruise
//     refuses the deletion with 400. No request fails for want of options.
//
// The package is pure: WorkloadSpreads, workloads and pods come through interfaces, and the time is passed in.
package workloadspread
