package main

import "os"

// instanceName is how this process is called in Leases and Events: the name of its pod.
func instanceName() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "unknown"
}
