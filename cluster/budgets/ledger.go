package budgets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// FieldManager is the name under which the status of budgets is written.
const FieldManager = "kruise-admission-budgets"

// versions are those in which a cluster may serve budgets, the preferred one first. Both have the same status.
var versions = []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion}

// errOutdated says that somebody has written the budget since it was read.
var errOutdated = errors.New("the budget has changed meanwhile")

// Ledger reads and writes budgets. The server needs the permission to get podunavailablebudgets and to patch their status. It is
// safe for concurrent use.
type Ledger struct {
	client dynamic.Interface
	turns  turns
}

// NewLedger makes a Ledger.
func NewLedger(client dynamic.Interface) *Ledger { return &Ledger{client: client} }

// Take reads the budget and calls decide with it; nil means that there is none. What decide returns is merged into the status, under
// the condition that nobody has changed the budget since; otherwise it starts again, until ctx ends. Nil changes nothing.
func (l *Ledger) Take(ctx context.Context, namespace, name string, decide func(*v1beta1.PodUnavailableBudget) map[string]any) error {
	done, err := l.turns.take(ctx, types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return fmt.Errorf("waiting for other requests about it: %w", err)
	}
	defer done()
	pause := wait.Backoff{Duration: 2 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 7} // up to a quarter of a second
	for {
		err := l.once(ctx, namespace, name, decide)
		if !errors.Is(err, errOutdated) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, ctx.Err())
		case <-time.After(pause.Step()):
		}
	}
}

// once is one attempt.
func (l *Ledger) once(ctx context.Context, namespace, name string, decide func(*v1beta1.PodUnavailableBudget) map[string]any) error {
	budget, version, err := l.read(ctx, namespace, name)
	if err != nil {
		return err
	}
	status := decide(budget)
	if budget == nil || status == nil {
		return nil
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": budget.UID, "resourceVersion": budget.ResourceVersion},
		"status":   status,
	})
	if err != nil {
		return err
	}
	_, err = l.resource(version, namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}, "status")
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err): // changed, or deleted
		return errOutdated
	case err != nil:
		return fmt.Errorf("writing its status: %w", err)
	default:
		return nil
	}
}

// read returns the budget as it is now and the version in which it was read; nil when there is none.
func (l *Ledger) read(ctx context.Context, namespace, name string) (*v1beta1.PodUnavailableBudget, schema.GroupVersion, error) {
	if name == "" || len(content.IsPathSegmentName(name)) > 0 {
		return nil, schema.GroupVersion{}, nil // no budget has such a name, and the client could not ask for it
	}
	for _, version := range versions {
		object, err := l.resource(version, namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
			continue // the API server does not know the version
		case apierrors.IsNotFound(err):
			return nil, version, nil
		case err != nil:
			return nil, version, fmt.Errorf("reading it: %w", err)
		}
		budget, err := decode(version, object)
		if err != nil {
			return nil, version, fmt.Errorf("decoding it: %w", err)
		}
		return budget, version, nil
	}
	return nil, schema.GroupVersion{}, nil // a cluster without the kind has no budgets
}

func (l *Ledger) resource(version schema.GroupVersion, namespace string) dynamic.ResourceInterface {
	return l.client.Resource(version.WithResource("podunavailablebudgets")).Namespace(namespace)
}

func decode(version schema.GroupVersion, object *unstructured.Unstructured) (*v1beta1.PodUnavailableBudget, error) {
	raw, err := object.MarshalJSON()
	if err != nil {
		return nil, err
	}
	budget := &v1beta1.PodUnavailableBudget{}
	if version == v1beta1.GroupVersion {
		return budget, json.Unmarshal(raw, budget)
	}
	older := &v1alpha1.PodUnavailableBudget{}
	if err := json.Unmarshal(raw, older); err != nil {
		return nil, err
	}
	return budget, older.ConvertTo(budget)
}
