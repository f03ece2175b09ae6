package missed

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
)

// Eviction is what came of one.
type Eviction string

// Outcomes of evictions, the values of a metric's label.
const (
	// Evicted: the API server has accepted it.
	Evicted Eviction = "evicted"
	// Held: a PodDisruptionBudget, or something else that guards pods, did not let it happen now.
	Held Eviction = "held"
	// Gone: the pod was gone or another one by then.
	Gone Eviction = "gone"
	// Failed: it could not be asked for.
	Failed Eviction = "failed"
)

// Evictions lists the outcomes.
func Evictions() []Eviction { return []Eviction{Evicted, Held, Gone, Failed} }

// replacers are the controllers that replace a pod at no loss, by API group and kind.
var replacers = map[string][]string{
	"":               {"ReplicationController"},
	"apps":           {"ReplicaSet", "StatefulSet", "DaemonSet"},
	"apps.kruise.io": {"CloneSet", "StatefulSet", "DaemonSet"},
}

// ownerState is what an election knows of a controller whose pods it has evicted.
type ownerState struct {
	// newest is when the newest of its missed pods was created, by the clock of the API server, when the first of them was evicted. A missed
	// pod that is younger shows that eviction does not help.
	newest time.Time
	// hopeless says that it does not.
	hopeless bool
}

// evict evicts missed pods that the pass before has found, too, spread over the time until the next pass. When a server comes up after an
// outage, API servers reach it a little later, and a pod in the place of one that was evicted at once would be missed as well.
func (t *term) evict(ctx context.Context, found []missedPod) error {
	if t.options.EvictionsPerMinute == 0 {
		return nil
	}
	before := t.seen
	t.seen = sets.New[types.UID]()
	byOwner := map[types.UID][]missedPod{}
	var order []types.UID
	for _, pod := range found {
		t.seen.Insert(pod.UID)
		if owner := replacer(pod); owner != nil {
			if byOwner[owner.UID] == nil {
				order = append(order, owner.UID)
			}
			byOwner[owner.UID] = append(byOwner[owner.UID], pod)
		}
	}
	for owner := range t.owners {
		if byOwner[owner] == nil {
			delete(t.owners, owner) // all its pods have their sidecars, or it is gone
		}
	}
	pause := time.Minute / time.Duration(t.options.EvictionsPerMinute)
	budget := max(1, int(t.options.Interval/pause)) // what is over waits for the next pass, which sees how things are then
	for _, owner := range order {
		for _, pod := range t.evictable(owner, byOwner[owner], before) {
			if budget == 0 {
				return nil
			}
			if still, err := t.isMissed(ctx, pod); err != nil {
				return err
			} else if !still {
				continue
			}
			budget--
			outcome := t.evictOne(ctx, pod)
			t.update(func(s *Status) { s.Evictions[outcome]++ })
			timer := time.NewTimer(pause)
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil
			case <-timer.C:
			}
		}
	}
	return nil
}

// isMissed asks again about a pod that the pass has found: its turn may come much later, and who changes a SidecarSet or keeps a namespace out
// ends evictions by that.
func (t *term) isMissed(ctx context.Context, pod missedPod) (bool, error) {
	judge, err := t.options.Begin(ctx)
	if err != nil || judge == nil {
		return false, err
	}
	raw, err := json.Marshal(pod.PartialObjectMetadata)
	if err != nil {
		return false, fmt.Errorf("encode pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	missing, err := judge(ctx, raw)
	return len(missing) > 0, err
}

// replacer is the controller of a pod if it replaces pods at no loss; else nil.
func replacer(pod missedPod) *metav1.OwnerReference {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return nil
	}
	group, _, isGroup := strings.Cut(owner.APIVersion, "/")
	if !isGroup {
		group = ""
	}
	if !slices.Contains(replacers[group], owner.Kind) {
		return nil
	}
	return owner
}

// evictable lists those of a controller's missed pods that may be evicted: that were found before, and none when an eviction has not
// helped.
func (t *term) evictable(owner types.UID, missed []missedPod, before sets.Set[types.UID]) (pods []missedPod) {
	newest := missed[0].CreationTimestamp.Time
	for _, pod := range missed {
		if pod.CreationTimestamp.After(newest) {
			newest = pod.CreationTimestamp.Time
		}
		if before.Has(pod.UID) {
			pods = append(pods, pod)
		}
	}
	state := t.owners[owner]
	switch {
	case len(pods) == 0 && state == nil:
		return nil
	case state == nil:
		t.owners[owner] = &ownerState{newest: newest}
	case state.hopeless:
		return nil
	case newest.After(state.newest):
		state.hopeless = true
		t.options.Log.Info("pods of this controller are no longer evicted, because a new one lacks its sidecars, too",
			"namespace", missed[0].Namespace, "owner", owner, "pod", missed[0].Name)
		return nil
	}
	return pods
}

func (t *term) evictOne(ctx context.Context, pod missedPod) Eviction {
	log := t.options.Log.WithValues("namespace", pod.Namespace, "pod", pod.Name, "sidecarSets", pod.sidecarSets)
	err := t.client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))},
	})
	switch {
	case err == nil:
		log.Info("evicted a pod that lacked its sidecars")
		return Evicted
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return Gone
	case apierrors.IsTooManyRequests(err), strings.Contains(err.Error(), "admission webhook"):
		log.Info("a pod that lacks its sidecars cannot be evicted now", "why", err.Error())
		return Held
	}
	log.Error(err, "a pod that lacks its sidecars cannot be evicted")
	return Failed
}
