package main

import (
	"time"

	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// addNodeKinds adds the rules of the kinds that are about nodes: images that are pulled there, probes that are run from there, and pods that go
// back.
func addNodeKinds(rules *webhook.Rules, gates featuregate.FeatureGate, view cluster.View) {
	jobs := gateOff(gates, webhook.KruiseDaemon, webhook.ImagePullJobGate)
	rules.Mutate["imagepulljobs"], rules.Validate["imagepulljobs"] = defaults.ImagePullJob{}, validate.ImagePullJob{GateOff: jobs}
	rules.Mutate["imagelistpulljobs"], rules.Validate["imagelistpulljobs"] = defaults.ImageListPullJob{}, validate.ImageListPullJob{GateOff: jobs}
	rules.Mutate["nodeimages"] = defaults.NodeImage{Clock: time.Now}
	rules.Validate["nodeimages"] = validate.NodeImage{GateOff: gateOff(gates, webhook.KruiseDaemon)}
	rules.Validate["podprobemarkers"] = validate.PodProbeMarker{GateOff: gateOff(gates, webhook.KruiseDaemon, webhook.PodProbeMarkerGate)}
	rules.Validate["persistentpodstates"] = validate.PersistentPodState{Cluster: view}
}

// gateOff is the first of some gates that is off, or nothing.
func gateOff(gates featuregate.FeatureGate, needed ...featuregate.Feature) string {
	for _, gate := range needed {
		if !gates.Enabled(gate) {
			return string(gate)
		}
	}
	return ""
}
