// Package revisions records the ControllerRevisions of SidecarSets in a cluster where OpenKruise does not.
//
// A SidecarSet can pin new pods to an older revision of itself. Revisions are written by OpenKruise's controller; in a cluster without it
// nothing could be pinned, and the records on injected pods would name no revision. The [Recorder] does that part of its work, and no
// other: it creates, raises and deletes ControllerRevisions, and writes status.latestRevision and status.collisionCount.
// What to write is decided by package api/sidecarset, the same to the byte as in OpenKruise (spec/inject.md 3.1 to 3.3), so
// that either can go on where the other stopped.
//
// # Who records
//
// One replica, elected with the Lease kruise-admission-revisions in the server's namespace. Admission never waits for it: every replica
// reads what is recorded from its own view, and a SidecarSet without revisions injects like any other.
//
// Unless [Options.Always] says otherwise the elected replica holds back while OpenKruise's manager runs. What shows that is the Lease
// with which the manager elects its own leader, kruise-manager in the server's namespace or in kruise-system: it has a
// holder, and it changes at least once per lease duration, by the clock of this process. A Lease seen for the first time
// therefore counts as held for that long, and one that was left behind does not count for longer. When a Lease cannot be read, the
// manager is taken to run. A manager that elects no leader, or one whose Lease is elsewhere, cannot be seen; then the
// recorder must be switched off.
//
// # How it writes
//
// Most changes of a SidecarSet need no write, which the view tells without a request. Before any write both the SidecarSet and its revisions are read
// again: a view that is behind would record a content that is no longer wanted. Every write is conditional on what was read (by
// resourceVersion, and by the name of a new revision, which follows from its content), and every step follows from what
// is stored. So a crash between two steps, a second recorder, or OpenKruise's controller beside it costs a repetition at most.
//
// # What is kept
//
// As in OpenKruise: revisionHistoryLimit revisions, of which the newest, those that the SidecarSet pins and those in the records
// of pods that it selects are never deleted. Pods are not watched (docs/architecture.md, rule 6); their metadata is listed, in
// pages, only when something is to be deleted. So a revision above the limit that a pod kept alive is deleted at the next change
// of the SidecarSet, not when the pod is gone. When more than 50,000 pods match, nothing is deleted. Revisions of a deleted
// SidecarSet go by garbage collection.
//
// Counts of pods in the status (matchedPods, updatedPods, readyPods) are not maintained. They are written as 0 where the status has none,
// because the schema demands them.
package revisions
