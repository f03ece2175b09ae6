package podsteps

// In which order the containers of a pod start (spec/pod-other.md 1.4): each gets a variable from a key of the pod's barrier ConfigMap, without
// which the kubelet does not start it, and OpenKruise's controller writes the keys one priority after the other.

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

const (
	// launchPriorityAnnotation with the value Ordered on a pod starts its containers in the order of the spec.
	launchPriorityAnnotation = "apps.kruise.io/container-launch-priority"
	launchOrdered            = "Ordered"
	launchPriorityEnv        = "KRUISE_CONTAINER_PRIORITY"
)

func launchPriority(_ context.Context, d *draft) error {
	launch, _ := d.annotation(launchPriorityAnnotation)
	ordered := launch == launchOrdered
	if !ordered && !d.mentions(launchPriorityEnv) {
		return nil
	}
	// A pod template has no name yet; the ConfigMap is named after the pod.
	name, generate := d.read.Name(), d.read.GenerateName()
	if name == "" && generate == "" {
		return nil
	}
	e, err := d.edit()
	if err != nil {
		return err
	}
	containers, err := e.containers("containers")
	if err != nil || len(containers) < 2 {
		return err
	}
	environments := make([][]variable, len(containers))
	for i := range containers {
		if environments[i], err = containers[i].variables(); err != nil {
			return err
		}
	}
	priorities, err := prioritiesOf(containers, environments, ordered)
	if err != nil || priorities == nil {
		return err
	}
	if name == "" {
		name = generateName(generate, d)
		e.operations = append(e.operations, decision.Add("/metadata/name", encode(name)))
	}
	for i := range containers {
		e.addBarrier(&containers[i], environments[i], name, priorities[i])
	}
	e.done()
	return nil
}

// prioritiesOf gives the priority of each container; nil when they do not differ.
func prioritiesOf(containers []container, environments [][]variable, ordered bool) ([]int, error) {
	priorities := make([]int, len(containers))
	if ordered {
		for i := range priorities {
			priorities[i] = -i
		}
		return priorities, nil
	}
	for i, variables := range environments {
		for j, v := range variables {
			if v.Name != launchPriorityEnv {
				continue
			}
			priority, err := strconv.Atoi(v.Value)
			if err != nil {
				return nil, notAPriority(containers[i].path("env", strconv.Itoa(j), "value"), v)
			}
			priorities[i] = priority // of several variables of one name, the last one counts
		}
	}
	for _, priority := range priorities {
		if priority != priorities[0] {
			return priorities, nil
		}
	}
	return nil, nil
}

func notAPriority(path []string, v variable) error {
	text := "invalid value " + strconv.Quote(v.Value) + ", expected a whole number"
	if !absent(v.ValueFrom) {
		text = "the priority must be a whole number in value, because it is needed before the pod exists; remove valueFrom"
	}
	field := fieldPath(path)
	return &inject.Refusal{Decision: decision.Decision{
		Code:    http.StatusUnprocessableEntity,
		Reason:  metav1.StatusReasonInvalid,
		Message: launchPriorityEnv + " cannot be used: " + field + ": " + text,
		Causes:  []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Message: text, Field: field}},
	}}
}

const (
	// longestBase is how much of generateName is kept, as API servers do.
	longestBase = 58
	// suffixLength is how many characters API servers add to it.
	suffixLength = 5
)

// generateName names a pod in the API server's stead, because the barrier must be known now. The API server would draw lots; here the unique id
// of the request, which it drew, makes the difference between pods that are otherwise the same.
func generateName(base string, d *draft) string {
	sum := sha256.New()
	sum.Write([]byte(d.request.UID))
	sum.Write(d.request.Object.Raw)
	return base[:min(len(base), longestBase)] + sidecarset.Safe(string(sum.Sum(nil)[:suffixLength]))
}

// addBarrier lets a container wait for its priority. One that waits already is left alone, and one that waits for something else, because
// the containers were others when it was told to, is corrected: the last variable of a name counts.
func (e *edit) addBarrier(c *container, variables []variable, podName string, priority int) {
	source := encode(map[string]any{"configMapKeyRef": map[string]string{"name": podName + "-barrier", "key": "p_" + strconv.Itoa(priority)}})
	barrier := encode(map[string]any{"name": inject.LaunchBarrierEnv, "valueFrom": source})
	at := -1
	for i := range variables {
		if variables[i].Name == inject.LaunchBarrierEnv {
			at = i
		}
	}
	switch {
	case at >= 0 && reflect.DeepEqual(treeOf(variables[at].ValueFrom), treeOf(source)):
	case at >= 0:
		e.operations = append(e.operations, decision.Replace(c.pointer("env", strconv.Itoa(at)), barrier))
	case absent(c.Env):
		e.operations = append(e.operations, decision.Add(c.pointer("env"), encode([]json.RawMessage{barrier})))
	default:
		e.operations = append(e.operations, decision.Add(c.pointer("env", "-"), barrier))
	}
}
