// Package bench measures what a review costs the server, beside what the same call costs servers that do less.
//
// Every server is a process of its own, called over TLS 1.3 and HTTP/1.1 with keep-alive, as an API server calls a webhook. What a
// review costs is the CPU time that the operating system counts for the process, divided by the reviews answered: unlike
// latencies, it hardly depends on what else the machine does.
//
// All variants are measured for a short time in turn, round after round, the odd rounds backwards. A figure is the median of its
// rounds, and a ratio is the median of the ratios of the rounds, so that load which comes and goes meets both sides of it.
//
// The servers to compare with (baseline.go), from less to more:
//
//   - floor: TLS and HTTP of the standard library; the body is read and discarded;
//   - allow: controller-runtime's admission.Webhook around a handler that allows and does not look at the pod;
//   - decode: the same, and the pod is decoded;
//   - patch: the same, one container is added, and the patch is made by comparing.
//
// Three things are measured apart: reading and compiling SidecarSets, in this process (change.go); which part of a review costs what, by CPU profiles
// (profile.go); and what the webhook adds to the creation of pods, by the histograms of a real API server, beside a webhook that only allows
// (apiserver.go).
package bench
