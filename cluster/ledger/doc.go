// Package ledger keeps counts in the status of objects, where all replicas of the server see them: how many pods still fit into a subset of
// a WorkloadSpread, and how many a PodUnavailableBudget lets go.
//
// The counts must be right when several replicas decide at once, so nothing of them is kept in memory: every decision is about the object as
// it is now, and the status is written under the condition that nobody has written since (resourceVersion). A lost race is run again with the
// new state, until the request's deadline.
//
// What comes while another question about the same object is being answered waits, and all that has come by then is answered together: the
// object is read once, each question is put with the answers to those before it, and the status is written once. So a replica loses no
// race against itself, and three hundred pods that are created at once cost a few writes. With N replicas at most N writers meet.
//
// Only what is meant is written: a merge patch of the members of the status that change.
package ledger
