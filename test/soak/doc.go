// Package soak creates pods without a pause through a real API server, with failurePolicy Fail, while everything below is exchanged or
// broken: rolling restarts and rotations of the authority at the same time, replicas killed, caBundles overwritten, and the API server
// itself restarted. What it counts it reads from the creators, from the stored pods and from the API server's own
// apiserver_admission_webhook_* counters, which must agree.
//
// A rolling restart and a rotation cost nothing: one creation that fails or one pod without its sidecar fails the soak. Three things
// cannot be free, and are counted one by one, each only while it happens:
//
//   - A killed process takes the reviews with it that it was deciding: an API server does not send a POST again. There are at most as
//     many as creations were in flight.
//   - While a caBundle is not ours, the API server cannot verify us. It lasts until the repair has reached it.
//   - While the API server is down, it creates nothing.
//
// Without flags it is short enough for every test run. `make soak` runs it in full.
package soak
