package validate_test

import (
	"encoding/json"
	"time"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// What is about nodes: images, probes, and pods that go back.
func init() {
	// off is the first of the gates that is off, or nothing.
	off := func(gates gates, on bool, names ...string) string {
		for _, name := range names {
			if value, set := gates[name]; set && !value || !set && !on {
				return name
			}
		}
		return ""
	}
	jobs := func(gates gates) string {
		if name := off(gates, true, "KruiseDaemon"); name != "" {
			return name
		}
		return off(gates, false, "ImagePullJobGate")
	}
	recordedReviewers["/mutate-apps-kruise-io-imagepulljob"] = func(*universe, gates) decision.Reviewer { return defaults.ImagePullJob{} }
	recordedReviewers["/mutate-apps-kruise-io-imagelistpulljob"] = func(*universe, gates) decision.Reviewer { return defaults.ImageListPullJob{} }
	recordedReviewers["/mutate-apps-kruise-io-nodeimage"] = func(*universe, gates) decision.Reviewer { return defaults.NodeImage{Clock: time.Now} }
	recordedReviewers["/validate-apps-kruise-io-imagepulljob"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.ImagePullJob{GateOff: jobs(gates)}
	}
	recordedReviewers["/validate-apps-kruise-io-imagelistpulljob"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.ImageListPullJob{GateOff: jobs(gates)}
	}
	recordedReviewers["/validate-apps-kruise-io-nodeimage"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.NodeImage{GateOff: off(gates, true, "KruiseDaemon")}
	}
	recordedReviewers["/validate-apps-kruise-io-podprobemarker"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.PodProbeMarker{GateOff: off(gates, true, "KruiseDaemon", "PodProbeMarkerGate")}
	}
	recordedReviewers["/validate-apps-kruise-io-persistentpodstate"] = func(u *universe, _ gates) decision.Reviewer {
		return validate.PersistentPodState{Cluster: recordedPodStates{u}}
	}
}

// recordedPodStates are the PersistentPodStates and the settings of the universe.
type recordedPodStates struct{ *universe }

func (s recordedPodStates) PersistentPodStates(namespace string) (list []*v1beta1.PersistentPodState) {
	for _, object := range s.objects["PersistentPodState"] {
		raw, err := convert.Object(object, v1beta1.GroupVersion.String())
		if err != nil {
			panic(err)
		}
		state := &v1beta1.PersistentPodState{}
		if err := json.Unmarshal(raw, state); err != nil {
			panic(err)
		}
		if state.Namespace == namespace {
			list = append(list, state)
		}
	}
	return list
}
