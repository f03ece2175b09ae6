// Package narrow keeps API servers from asking about pods that the server would let pass unchanged.
//
// # What is written
//
// The entries of the mutating webhook configurations that send pods to us get one match condition, named [ConditionName]: a CEL expression
// that is true for every pod which a SidecarSet could select, or which another step of pod admission could concern. While no replica
// answers, only those pods wait. The expression may be true for more pods than are changed, and never for fewer:
//
//   - A SidecarSet counts with its selector, and with its namespaceSelector as far as that names namespaces; CEL cannot see the other
//     labels of a namespace.
//   - The other steps concern pods of OpenKruise's workloads, pods with an annotation of OpenKruise or a launch priority, and any pod of a
//     namespace that holds a WorkloadSpread, a PodUnavailableBudget, a PersistentPodState or a PodProbeMarker.
//   - When that becomes too long, or a SidecarSet selects every pod, there is no condition, and all pods are sent.
//
// # When a SidecarSet is active
//
// API servers read the configurations by watches of their own. So a SidecarSet that needs a wider condition is not active when it is stored,
// but when API servers have had time to see the condition in all of them: a pod may be sent again by another one when a call fails. Only then an
// Event with the reason Active on it says so.
//
// # Who writes
//
// The replica that holds the Lease kruise-admission-narrow, because a replica whose view is behind would take back what another one has
// just widened. Without the option every replica removes a condition that was left behind: it would keep pods from SidecarSets that come
// later. Nothing else in the configuration is touched.
package narrow
