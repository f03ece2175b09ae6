// Package chart proves the Helm chart in deploy/charts with the real helm program: that it renders what deploy/ holds, that wrong
// values are refused, and that it can be installed, upgraded and uninstalled on a real API server.
package chart
