package revisions

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// requiredCounts are the members of a status that the schema of SidecarSets demands.
var requiredCounts = []string{"matchedPods", "updatedPods", "readyPods"}

// writeStatus says in the status which revision records the SidecarSet. What else the status holds stays as it is.
func (w *recording) writeStatus(ctx context.Context, current *appsv1.ControllerRevision, collisions int32) error {
	if w.set.Status.LatestRevision == current.Name && w.history().Collisions() == collisions {
		return nil
	}
	var stored struct {
		Status map[string]json.RawMessage `json:"status"`
	}
	if err := json.Unmarshal(w.stored, &stored); err != nil {
		return fmt.Errorf("read its status: %w", err)
	}
	status := map[string]any{"latestRevision": current.Name, "collisionCount": collisions}
	for _, count := range requiredCounts {
		if stored.Status[count] == nil {
			status[count] = 0
		}
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": w.set.UID, "resourceVersion": w.resourceVersion},
		"status":   status,
	})
	if err != nil {
		return err
	}
	written, err := w.resource.Patch(ctx, w.set.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}, "status")
	if err != nil {
		return fmt.Errorf("write its status: %w", outdated(err))
	}
	w.resourceVersion = written.ResourceVersion
	return nil
}
