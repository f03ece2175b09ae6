// Package soak creates pods without a pause through a real API server, which must not go without their sidecar, while everything below is
// exchanged or broken: rolling restarts and rotations of the authority at the same time, replicas killed, caBundles overwritten, and the API
// server itself restarted. What it counts it reads from the creators, from the stored pods and from the API server's own
// apiserver_admission_webhook_* counters, which must agree.
//
// Pods have a second chance (webhook/secondchance.go), and nothing of this may cost one of them: a creation that fails while the API server
// is there, or a pod without its sidecar, fails the soak. A rolling restart and a rotation need no second call either; a killed replica and
// an overwritten caBundle do, and how many is reported.
//
// Creations while the API server itself is down are no failures of admission, and are counted apart.
//
// Without flags it is short enough for every test run. `make soak` runs it in full.
package soak
