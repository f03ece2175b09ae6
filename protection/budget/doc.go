// Package budget decides whether a pod may become unavailable now: whether it may be deleted, evicted, updated or resized while a
// PodUnavailableBudget protects it.
//
// A pod names its budget in an annotation, which admission writes when the pod is created. The budget's status says how many more pods may
// become unavailable; its controller counts that. A [Reviewer] answers for one request (spec/pod-other.md 2.3 to 2.7):
//
//   - request.go: which pod the request is about, and what happens to it;
//   - update.go, resize.go: what of an update makes a pod unavailable;
//   - availability.go, consistency.go: a pod that is not available loses nothing;
//   - rules.go: what the budget says, in the order of the specification;
//   - refusal.go: what the user reads.
//
// # Right on several replicas
//
// A budget of 1 lets one pod go, however many requests come at once and to whichever replica. So the count lives in the API server and
// nowhere else: a [Ledger] reads the budget as it is now, lets the rules look at it, and writes the lower count under the condition that
// nobody has written since; otherwise the rules look again. Who cannot write does not let the pod go. The same pod asks only once: it
// is in the status by then, so that a request that failed later, or is sent again, takes nothing.
//
// # No and cannot tell
//
// A refusal is 403, and 429 TooManyRequests for an eviction, as the API server's own disruption budgets answer: kubectl drain and node
// autoscalers wait and ask again after a 429, while they give up after OpenKruise's 403. What could not be read or written is an error,
// where OpenKruise refuses with 400 or 403; except that the eviction of a pod which surely has a budget is answered with 429 then, too:
// the entry of evictions goes on without the server, and an overloaded API server must not open it.
//
// # Departures from OpenKruise
//
//   - a dry run of an eviction is recognised wherever it is asked for: in the request, in its options, in the eviction's deleteOptions;
//   - an update that removes the annotation and changes the pod is judged by the pod as it was, so that it is no way past the budget, and
//     changes through pods/resize are judged as well;
//   - tolerations may change freely: no container notices;
//   - the annotation of a budget that lists operations is read with blanks around its items;
//   - a DELETE without options is no error, and neither is the eviction of a pod that does not exist: the API server says so itself;
//   - pods of a namespace that is being deleted go;
//   - a selector of ignored pods that cannot be read ignores none;
//   - hashes of running containers (annotation apps.kruise.io/runtime-containers-meta) are not compared, because only the kubelet's own code
//     computes them. A pod that waits for nothing else counts as available, which protects it.
//
// The package is pure: pods, budgets and namespaces come through interfaces, which packages cluster/ledger, cluster/pods and cluster/dependents implement, and the time is passed in. It
// counts and logs nothing; the serving side does, from the [Verdict].
package budget
