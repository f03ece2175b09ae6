package validate_test

import (
	"context"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/mutate-apps-kruise-io-cloneset"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.CloneSet{
			NoTemplateDefaults: gates["TemplateNoDefaults"],
			HostPorts:          gates["DefaultHostNetworkHostPortsInPodTemplates"],
		}
	}
	recordedReviewers["/validate-apps-kruise-io-cloneset"] = func(u *universe, gates gates) decision.Reviewer {
		return validate.CloneSet{
			Defaults:  templateDefaults(gates),
			Pods:      recordedPods{u},
			ShortHash: gates["CloneSetShortHash"],
		}
	}
}

// recordedPods are the pods of the universe.
type recordedPods struct{ universe *universe }

func (p recordedPods) Pods(_ context.Context, namespace string, names []string) (map[string]*metav1.ObjectMeta, error) {
	found := map[string]*metav1.ObjectMeta{}
	for _, object := range p.universe.objects["Pod"] {
		var pod metav1.PartialObjectMetadata
		if err := json.Unmarshal(object, &pod); err != nil {
			return nil, err
		}
		if pod.Namespace == namespace && slices.Contains(names, pod.Name) {
			found[pod.Name] = &pod.ObjectMeta
		}
	}
	return found, nil
}
