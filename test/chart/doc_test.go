// Package chart proves the Helm chart in deploy/charts with the real helm program: that the plain manifests in deploy/ are what it renders
// (`make manifests` writes them), that every flag of the server has its value and wrong values are refused, and that it can be installed,
// upgraded and uninstalled on a real API server.
package chart
