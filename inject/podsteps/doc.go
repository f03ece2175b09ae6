// Package podsteps is the admission of pods: the injection of sidecars and the other steps that OpenKruise takes when a pod is created, in
// its order (spec/pod-other.md, part 1).
//
//	readiness gate          pods of OpenKruise's workloads get the readiness gate KruisePodReady
//	WorkloadSpread          a subset is chosen for the pod (package workloadspread)
//	sidecars                the containers of SidecarSets (package inject)
//	launch priority         containers wait for those of a higher priority
//	PodUnavailableBudget    the pod names the budget that protects it
//	persistent pod state    a pod that comes again goes where it was
//	enhanced liveness       liveness probes are handed over to OpenKruise's daemon
//	probe marker            a serverless node learns the probes of PodProbeMarkers
//
// One file is one step. A step that needs a feature gate is taken only if [Options] say so; the server reads them from its gates.
//
// # The way of a pod
//
// A pod is a draft on its way. Each step adds operations to it, made against the pod as the steps before have left it, so a container that
// came with a sidecar takes part in the steps behind. Operations change only what a step means: unknown fields and the notation of
// all others stay. The list of all operations is the patch.
//
// Most pods concern no step but the sidecars, and must not pay for the others. Therefore a step first asks what costs next to nothing: the
// metadata that [inject.ReadPod] has read for the engine anyway, the view of the pod's namespace, and whether the text of the pod, or of an
// operation, mentions the variable that the step is about. Annotations are followed operation by operation, and members of the spec that no
// other step writes are changed aside. Only a step that reads containers applies the operations before it to the text.
//
// # Rules that hold throughout
//
//   - Taking the steps twice is taking them once, also when the API server asks again because another webhook added a container.
//   - No step keeps a state or asks a clock, and none draws lots: a name for a pod that has none comes from the unique id of the request.
//   - What a user wrote wrongly is a refusal, what cannot be found out is an error made by decision.CannotTell. Settings that only one
//     step reads stop no pod that the step does not concern.
//   - A container is never reordered, and never read into a type and written again.
//
// # Departures from OpenKruise
//
//   - Launch barriers and preferences for nodes that are there already are not appended again, and a barrier that waits for something else is
//     corrected. A pod without name and generateName, which is a template, gets no barrier.
//   - A launch priority that is no number refuses the pod with 422, and names the field. OpenKruise says 500.
//   - The name of a pod that has none is made of the unique id of the request and not drawn by lot.
//   - A ReplicaSet that cannot be read is "cannot tell". OpenKruise admits the pod, which no budget then protects for as long as it lives. The
//     ReplicaSet is read only when its name says that it may belong to the Deployment of a budget; other owners are compared as the pod names them.
//   - A white list of PersistentPodStates that cannot be read stops the pods of workloads that such an object names and that are no
//     StatefulSets. OpenKruise refuses all pods of the cluster.
//   - A preference of a PersistentPodState of which no label is remembered is left out. OpenKruise adds an empty one, which no node meets.
//   - Liveness probes that an earlier pass has saved stay saved when a further container comes.
//   - PodProbeMarkers apply by name, also when the pod names them in another order, so that a second pass takes the same probes.
//   - PodUnavailableBudgets and PodProbeMarkers whose selectors are invalid are ignored, with a warning.
//   - A pod that a step refuses, or cannot tell about, gives back its place in the subset of a WorkloadSpread.
package podsteps
