// Package certs tests where certificates come from against a real API server: what it lets replicas write at the same
// time, who owns which field afterwards, and whether its own calls succeed while everything is rotated below them.
package certs
