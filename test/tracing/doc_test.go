// Package tracing proves on a real API server that traces go on from it into the server.
package tracing
