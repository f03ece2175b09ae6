// Package missed looks for pods that went without their sidecars, because they were created while nobody listened and the API server was
// told to go on (failurePolicy Ignore), or while the webhook configuration was away.
//
// A pod that is older than the SidecarSet is none of them. One that came to be selected later, because the SidecarSet was widened or no longer
// paused, or because labels changed, cannot be told from them, and counts.
//
// # Who looks
//
// One replica, elected with the Lease kruise-admission-audit in the server's namespace, soon after the election and then once per interval. Every
// pass lists the metadata of all unfinished pods, in pages: pods are not watched (docs/architecture.md, rule 6). What a pod should have is not
// decided here but by the [Judge], which asks the engine that injects.
//
// # What comes of it
//
//   - [Auditor.Status] counts the missed pods by SidecarSet, for metrics.
//   - An Event is written on each missed pod, once, and at most eventsPerPass in a pass; the others follow in the next.
//   - If asked to, pods are evicted, so that their controllers make new ones with the sidecars.
//
// # Eviction
//
// It is off by default, and careful. It goes through the eviction API, so that PodDisruptionBudgets hold; a refusal is taken for an
// answer until the next pass. Two passes must have found a pod, so that API servers have had the time to reach a server that has just come
// up; and the evictions are spread over time, each after the judge has been asked once more. Only pods are evicted whose controller replaces them at no loss (see replacers);
// a Job would count a failure. And it stops by itself: when a pod that came after an eviction went without its sidecars, too, pods of that
// controller are no longer evicted, because something keeps the sidecars out that eviction does not cure. What is known of that is forgotten
// when another replica is elected, which costs at most one more eviction for each controller.
package missed
