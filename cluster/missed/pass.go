package missed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
)

// maxKept is how many missed pods a pass remembers one by one, for Events and evictions. All are counted.
const maxKept = 5000

// missedPod is a pod that went without.
type missedPod struct {
	*metav1.PartialObjectMetadata
	sidecarSets []string
}

// term is what one election remembers from pass to pass.
type term struct {
	*Auditor
	// told are the pods that have their Event.
	told sets.Set[types.UID]
	// seen are the pods that the last pass found.
	seen   sets.Set[types.UID]
	owners map[types.UID]*ownerState
}

func newTerm(a *Auditor) *term {
	return &term{Auditor: a, told: sets.New[types.UID](), seen: sets.New[types.UID](), owners: map[types.UID]*ownerState{}}
}

// pass looks at all pods once.
func (t *term) pass(ctx context.Context) error {
	judge, err := t.options.Begin(ctx)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	var found []missedPod
	if judge == nil {
		t.update(func(s *Status) { s.Completed, s.Missed = time.Now(), map[string]int{} })
		return nil
	}
	err = t.pods.Each(ctx, metav1.NamespaceAll, func(page [][]byte) error {
		for _, raw := range page {
			missing, err := judge(ctx, raw)
			if err != nil {
				return err
			}
			for _, sidecarSet := range missing {
				counts[sidecarSet]++
			}
			if len(missing) == 0 || len(found) == maxKept {
				continue
			}
			pod := &metav1.PartialObjectMetadata{}
			if err := json.Unmarshal(raw, pod); err != nil {
				return fmt.Errorf("read a pod: %w", err)
			}
			found = append(found, missedPod{pod, missing})
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.update(func(s *Status) { s.Completed, s.Missed = time.Now(), counts })
	if len(found) > 0 {
		t.options.Log.Info("pods lack sidecars that they should have", "pods", len(found), "sidecarSets", len(counts))
	}
	t.tell(ctx, found)
	if err := t.evict(ctx, found); err != nil {
		return err
	}
	return ctx.Err()
}
