package convert

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// ContainerRecreateRequest: what the controller writes into two annotations of v1alpha1 is status in v1beta1 (spec/server.md 12.2).

func containerRecreateRequestUp(root *object) error {
	annotations, status, err := openRecreateStatus(root)
	if err != nil {
		return err
	}
	status.delete("containerStatusSnapshot") // v1alpha1 does not know them
	status.delete("conditions")
	text, err := annotations.text(v1alpha1.SyncContainerStatusesKey)
	if err != nil {
		return err
	}
	if _, ok := v1alpha1.SyncContainerStatuses(text); ok {
		snapshot, err := withRequiredMembers(text)
		if err != nil {
			return err
		}
		status.set("containerStatusSnapshot", snapshot)
		annotations.delete(v1alpha1.SyncContainerStatusesKey)
	}
	if text, err = annotations.text(v1alpha1.UnreadyAcquiredKey); err != nil {
		return err
	}
	if acquired, ok := v1alpha1.UnreadyAcquired(text); ok {
		status.set("conditions", []map[string]string{{
			"type": v1beta1.ContainerRecreateRequestPreRecreateGraceType, "status": string(metav1.ConditionTrue), "lastTransitionTime": acquired,
			"reason": v1beta1.ContainerRecreateRequestPreRecreateGraceType, "message": v1alpha1.PreRecreateGraceMessage,
		}})
		annotations.delete(v1alpha1.UnreadyAcquiredKey)
	}
	return nil
}

func containerRecreateRequestDown(root *object) error {
	annotations, status, err := openRecreateStatus(root)
	if err != nil {
		return err
	}
	if err := snapshotDown(status, annotations); err != nil {
		return err
	}
	acquired, err := preRecreateGrace(status)
	if err != nil {
		return err
	}
	text, err := annotations.text(v1alpha1.UnreadyAcquiredKey)
	if err != nil {
		return err
	}
	if _, means := v1alpha1.UnreadyAcquired(text); means {
		annotations.delete(v1alpha1.UnreadyAcquiredKey)
	}
	if acquired != "" {
		annotations.set(v1alpha1.UnreadyAcquiredKey, acquired)
	}
	status.delete("conditions")
	return nil
}

func openRecreateStatus(root *object) (annotations, status *object, err error) {
	if _, annotations, _, err = open(root); err != nil {
		return nil, nil, err
	}
	status, err = root.child("status")
	return annotations, status, err
}

// withRequiredMembers fills in what the annotation may leave out and the schema of the status requires.
func withRequiredMembers(text string) ([]map[string]json.RawMessage, error) {
	var statuses []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &statuses); err != nil {
		return nil, err
	}
	for i := range statuses {
		status := &object{members: statuses[i]}
		for member, zero := range map[string]any{"name": "", "ready": false, "restartCount": 0} {
			if !status.has(member) {
				status.set(member, zero)
			}
		}
		statuses[i] = status.members
	}
	return statuses, nil
}

func snapshotDown(status, annotations *object) error {
	text, err := annotations.text(v1alpha1.SyncContainerStatusesKey)
	if err != nil {
		return err
	}
	if _, means := v1alpha1.SyncContainerStatuses(text); means {
		annotations.delete(v1alpha1.SyncContainerStatusesKey)
	}
	var elements []json.RawMessage
	if err := status.read("containerStatusSnapshot", &elements, "a list"); err != nil {
		return err
	}
	if len(elements) > 0 {
		snapshot := string(status.members["containerStatusSnapshot"])
		if _, ok := v1alpha1.SyncContainerStatuses(snapshot); !ok {
			return fmt.Errorf("%s is not a list of container statuses", (status.path + ".containerStatusSnapshot")[1:])
		}
		annotations.set(v1alpha1.SyncContainerStatusesKey, snapshot)
	}
	status.delete("containerStatusSnapshot")
	return nil
}

// preRecreateGrace returns since when condition PreRecreateGrace is True, or nothing.
func preRecreateGrace(status *object) (acquired string, err error) {
	err = status.each("conditions", func(condition *object) error {
		var member [3]string
		for i, name := range []string{"type", "status", "lastTransitionTime"} {
			var err error
			if member[i], err = condition.text(name); err != nil {
				return err
			}
		}
		if member[0] == v1beta1.ContainerRecreateRequestPreRecreateGraceType && member[1] == string(metav1.ConditionTrue) {
			if canonical, ok := v1alpha1.UnreadyAcquired(member[2]); ok {
				acquired = canonical
			}
		}
		return nil
	})
	return acquired, err
}
