// Package live is the source of the cluster view that watches an API server.
//
// # What is watched
//
// Four things always (docs/architecture.md, rule 6): SidecarSets; the ControllerRevisions that belong to one, in the server's namespace; namespaces,
// metadata only; and the settings ConfigMap, by its name. And the kinds of [Options].Kinds, which steps of pod admission ask about: policies as well,
// of which a cluster has few, and which must be known before each pod. Reflectors of client-go put what they get straight into the view, reduced to
// what the view gives out. Informers and the cache of controller-runtime would keep each object a second time, need the types in a scheme, and hide
// what the start depends on: which list failed, and that one resource may be missing.
//
// # SidecarSets
//
// They are read as JSON, not into their types, so that fields which this build does not know stay available. They are asked for as v1beta1, the
// version in which they are stored: then the API server has nothing to convert, and filling the view does not wait for the conversion webhook, which
// may be this very server that waits for its view (spec/user-pains.md P7). Objects that were stored before by an older OpenKruise are converted all
// the same; [Source.AwaitsConversion] notices when that cannot be done before this server is ready. In a cluster that serves v1alpha1 only, where
// OpenKruise 1.8 was installed last, they are watched in that version and converted here.
//
// A cluster may not know SidecarSets at all. That is no error: there are none, and every few seconds the source looks again. The same holds for the
// other custom resources. What says so is the discovery of the API server, not the 404 of a list, which can have other causes and must not read as "there are none".
//
// An object that cannot be read into the type is reported and left out; it does not hold up others. It is left out also when an earlier
// version of it could be read, because otherwise two replicas would decide differently, depending on when they were started.
//
// # Failures
//
// After [New] nothing is fatal: failed lists and watches are reported and tried again, with at most some seconds in between. Until all lists have
// come in once the view is not synced. Afterwards it answers with what it saw last.
//
// An API server that cannot read what it has stored, be it one object of thousands, fails the list as a whole, and often does not say why: its own
// cache does not come up, and answers 429. The source then reads page by page, which goes past that cache, until it meets the reason.
package live
