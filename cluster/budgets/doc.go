// Package budgets keeps the state of PodUnavailableBudgets in the API server, for the rule that decides whether a pod may become
// unavailable (package protection/budget), and reads the pods that are to be evicted.
//
// The state must be right when several replicas decide at once, so nothing of it is kept in memory: every decision reads the budget as it
// is now and writes its status under the condition that nobody has written since (resourceVersion). A lost race is run again with the new
// state, until the request's deadline. Requests of one replica about one budget take turns, so that they do not lose races against each
// other; with N replicas at most N writers meet.
//
// Only what is meant is written: a merge patch of the members that change. Neither budgets nor pods are watched for this; one pod and
// one budget are read for a pod that is to go and has a budget.
package budgets
