// Package protection decides whether a protected object may be deleted.
//
// An object is protected by the label policy.kruise.io/delete-protection on its own metadata:
//
//   - Always: it cannot be deleted until the label is removed or changed;
//   - Cascading: it cannot be deleted while something below it is live. What that means depends on the resource and is
//     written in one table (table.go): replicas of a workload, pods and claims of a Namespace, objects of a
//     CustomResourceDefinition, and nothing at all for a Service or an Ingress.
//
// The object as stored decides, not the one that the user holds. An object that is already terminating is let go, and so is one in a
// namespace that is being deleted: its controller removes everything in it, and a refusal would only leave the namespace in
// Terminating for ever. Apart from that nobody is exempt, neither an administrator nor the garbage collector.
//
// [Default] is what OpenKruise protects. A configuration file ([ParseConfiguration]) adds resources, says what Cascading means for
// them, sets modes that warn or record instead of refusing, opens a way past refusals for emergencies (break-glass), guards the
// label itself, and keeps namespaces that hold protected objects.
//
// A [Reviewer] answers a DELETE in one of four ways:
//
//   - allowed, with the reason as an audit annotation when the object carries the label;
//   - refused (403, reason Forbidden): the message starts with OpenKruise's words, which tools match, and goes on with what
//     blocks and what to do about it. While a collection is deleted it is a refusal that has the API server go on with the
//     next object (collection.go);
//   - malformed (400): the old object cannot be read;
//   - an error, "cannot tell": what lies below the object could not be looked up. OpenKruise refuses with 403 in this
//     case; here the failurePolicy of the webhook configuration decides, because nobody has said no.
//
// No refusal of Always and of replicas depends on a look-up: what would let the object go all the same (a terminating namespace, a mode)
// counts only when it is surely so.
//
// On CREATE and UPDATE it warns when a write puts a label value on an object that will not do what its author expects, and
// refuses to take the label away when the configuration guards it.
//
// What needs no look-up is stated a second time in CEL ([Table.Twin]), for the API server to apply while no server runs.
//
// Only the metadata and a few fields of the spec are decoded. What needs the cluster is asked through [Dependents],
// which package cluster/dependents implements with bounded, paginated reads. The package counts and logs nothing; the
// serving side does, from the [Verdict].
package protection
