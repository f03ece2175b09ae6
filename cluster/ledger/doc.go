// Package ledger keeps counts in the status of objects, where all replicas of the server see them: how many pods still fit into a subset of
// a WorkloadSpread, for example.
//
// The counts must be right when several replicas decide at once, so nothing of them is kept in memory: every decision reads the object as
// it is now and writes the status under the condition that nobody has written since (resourceVersion). A lost race is run again with the
// new state, until the request's deadline. Requests of one replica about one object take turns, so that they do not lose races against each
// other; with N replicas at most N writers meet.
//
// Only what is meant is written: a merge patch of the members of the status that change.
package ledger
