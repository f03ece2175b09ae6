// Package secondchance proves on a real API server that a pod is decided by the second call when the first fails, by exactly one of the
// two otherwise, and that nobody gets around both by sending the mark of the first.
package secondchance
