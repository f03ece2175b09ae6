// Package inject puts the containers of SidecarSets into pods.
//
// # The way of a SidecarSet
//
// When a SidecarSet or one of its revisions changes, [Engine.Changed] compiles it to a rule: parsed selectors, the label and the
// namespaces by which the rule is found, and its content, that is, containers, volumes and secrets as JSON fragments that
// only wait to be copied. There are up to two contents, the live one and the pinned revision. Rules live in a snapshot, which is
// never changed: a change makes a new snapshot that shares all other rules and swaps one pointer. Requests take no lock.
//
// # The way of a pod
//
// [Engine.Review] reads metadata and status.phase. The index names the few rules that can match; selectors, the labels of the
// namespace and canaries decide among them. Nothing matched: allowed, and the spec was never decoded. Otherwise the spec
// is cut into raw JSON values, of which only what the matched rules ask for is decoded further (names; env, mounts and devices
// when a sidecar shares or transfers them; resources when a sidecar computes its own from them). Raw values are moved, never
// re-encoded, so fields that this build does not know stay on the container where they were and travel with what is copied.
//
// The result is a list of decided elements for each of the pod's lists, and a set of decided annotations. The JSON Patch is
// read off these, and so applying it to the raw object gives exactly what was decided.
//
// # Rules that hold throughout
//
//   - The same objects give the same patch. SidecarSets apply in a fixed order: those bound to namespaces by name first, then the
//     others, each group by name. What OpenKruise draws by lot is decided by a hash of the pod's owner and name (partial.go).
//   - Injecting twice is injecting once: a second review of an injected pod has an empty patch (placing.go, records.go).
//   - Names of containers and mount paths are unique after injection, or the pod is refused with the names of the SidecarSets.
//   - What a user wrote wrongly is a refusal (a refusal value); what cannot be found out is an error made by decision.CannotTell.
//   - The engine has no clock, no randomness, no logger and no client of its own.
//
// The behaviour is that of OpenKruise (spec/inject.md; the numbers of quirks in comments are those of its section 10). Where it
// differs on purpose, test/conformance/deviations.yaml says why, with the recorded cases.
package inject
