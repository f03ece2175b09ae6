package validate_test

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/mutate-apps-kruise-io-broadcastjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.BroadcastJob{NoTemplateDefaults: gates["TemplateNoDefaults"], HostPorts: gates["DefaultHostNetworkHostPortsInPodTemplates"]}
	}
	recordedReviewers["/validate-apps-kruise-io-broadcastjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.BroadcastJob{Defaults: templateDefaults(gates)}
	}
	recordedReviewers["/mutate-apps-kruise-io-advancedcronjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.AdvancedCronJob{NoTemplateDefaults: gates["TemplateNoDefaults"], HostPorts: gates["DefaultHostNetworkHostPortsInPodTemplates"]}
	}
	recordedReviewers["/validate-apps-kruise-io-advancedcronjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.AdvancedCronJob{Defaults: templateDefaults(gates)}
	}
	recordedReviewers["/validate-apps-kruise-io-v1alpha1-ephemeraljob"] = func(*universe, gates) decision.Reviewer { return validate.EphemeralJob{} }
	recordedReviewers["/mutate-apps-kruise-io-containerrecreaterequest"] = func(u *universe, gates gates) decision.Reviewer {
		reviewer := defaults.ContainerRecreateRequest{Pods: recordedRunningPods{u}}
		if on, set := gates["KruiseDaemon"]; set && !on {
			reviewer.GateOff = "KruiseDaemon"
		}
		return reviewer
	}
}

// recordedRunningPods are the pods and nodes of the universe.
type recordedRunningPods struct{ universe *universe }

func (p recordedRunningPods) Pod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	for _, object := range p.universe.objects["Pod"] {
		pod := &corev1.Pod{}
		if err := json.Unmarshal(object, pod); err != nil {
			return nil, err
		}
		if pod.Namespace == namespace && pod.Name == name {
			return pod, nil
		}
	}
	return nil, nil
}

func (p recordedRunningPods) Node(_ context.Context, name string) (*metav1.ObjectMeta, error) {
	for _, object := range p.universe.objects["Node"] {
		node := &corev1.Node{}
		if err := json.Unmarshal(object, node); err != nil {
			return nil, err
		}
		if node.Name == name {
			return &node.ObjectMeta, nil
		}
	}
	return nil, nil
}
