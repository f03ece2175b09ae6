// Package narrow tests the match condition of pods: that its CEL means what the selectors of SidecarSets mean, and on a real API server that
// an outage touches only pods that some SidecarSet could select, and that a SidecarSet which is reported active misses none.
package narrow
