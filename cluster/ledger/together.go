package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/survive"
)

// pause is how long to wait before an attempt after a lost race: 2 ms at first, a quarter of a second at most.
var pause = wait.Backoff{Duration: 2 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 7}

// patience bounds one attempt, whoever waits for its outcome: the longest timeout of a webhook.
const patience = 30 * time.Second

// question is what one caller wants to know.
type question[P any] struct {
	decide func(P) (status map[string]any, err error)
	// done is closed when the answer is in err.
	done chan struct{}
	err  error

	mu      sync.Mutex // held while decide runs
	dropped bool       // nobody waits for the answer any more
}

// put calls decide with the object as the questions before this one leave it. Its panic is the asker's, not the others'.
func (q *question[P]) put(ctx context.Context, object P) (status map[string]any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped {
		return nil
	}
	q.err = survive.Try(ctx, func() (err error) {
		status, err = q.decide(object)
		return err
	})
	if q.err != nil {
		return nil
	}
	return status
}

// drop makes sure that decide is not called any more.
func (q *question[P]) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped = true
}

func (q *question[P]) isDropped() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// ask puts a question to whoever answers those about the object.
func (l *Ledger[T, P]) ask(key types.NamespacedName, asked *question[P]) {
	l.mu.Lock()
	waiting, answered := l.waiting[key]
	l.waiting[key] = append(waiting, asked)
	l.mu.Unlock()
	if !answered {
		go l.answer(key)
	}
}

// answer answers questions about an object until there are no more.
func (l *Ledger[T, P]) answer(key types.NamespacedName) {
	for questions := l.next(key); len(questions) > 0; questions = l.next(key) {
		l.together(key, questions)
	}
}

func (l *Ledger[T, P]) next(key types.NamespacedName) []*question[P] {
	l.mu.Lock()
	defer l.mu.Unlock()
	questions := l.waiting[key]
	l.waiting[key] = nil
	if len(questions) == 0 {
		delete(l.waiting, key)
	}
	return questions
}

// together answers some questions, as often as others change the object meanwhile, while somebody waits for an answer.
func (l *Ledger[T, P]) together(key types.NamespacedName, questions []*question[P]) {
	for wait := pause; len(questions) > 0; time.Sleep(wait.Step()) {
		err := l.attempt(key, questions)
		if !errors.Is(err, errOutdated) {
			for _, q := range questions {
				if err != nil && q.err == nil {
					q.err = err
				}
				close(q.done)
			}
			return
		}
		questions = slices.DeleteFunc(questions, (*question[P]).isDropped)
	}
}

// attempt tries once. Its error is for all, and so is a panic: no request stands around this goroutine.
func (l *Ledger[T, P]) attempt(key types.NamespacedName, questions []*question[P]) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := survive.Try(ctx, func() error { return l.once(ctx, key, questions) })
	if errors.Is(err, survive.ErrPanicked) {
		return decision.CannotTell("%s %s: %w", l.kind.Kind, key, err)
	}
	return err
}

func (l *Ledger[T, P]) once(ctx context.Context, key types.NamespacedName, questions []*question[P]) error {
	raw, version, err := l.read(ctx, key)
	if err != nil {
		return l.unable(key, err)
	}
	if raw == nil {
		for _, q := range questions {
			q.put(ctx, nil)
		}
		return nil
	}
	object, err := cluster.ReadObject[T, P](l.kind, raw)
	if err != nil {
		return l.unable(key, fmt.Errorf("read it: %w", err))
	}
	read := object
	changes := []byte("{}")
	for _, q := range questions {
		status := q.put(ctx, object)
		if status == nil {
			continue
		}
		if raw, changes, err = merge(raw, changes, status); err != nil {
			return l.unable(key, fmt.Errorf("encode its status: %w", err))
		}
		if object, err = cluster.ReadObject[T, P](l.kind, raw); err != nil {
			return l.unable(key, fmt.Errorf("read its new status: %w", err))
		}
	}
	if string(changes) == "{}" {
		return nil
	}
	unchanged := map[string]any{"metadata": map[string]any{"uid": read.GetUID(), "resourceVersion": read.GetResourceVersion()}}
	condition, err := json.Marshal(unchanged)
	if err != nil {
		return l.unable(key, err)
	}
	if changes, err = jsonpatch.MergeMergePatches(changes, condition); err != nil {
		return l.unable(key, err)
	}
	if err = l.write(ctx, key, version, changes); err != nil && !errors.Is(err, errOutdated) {
		return l.unable(key, err)
	}
	return err
}

// merge applies a status to an object and adds it to the changes so far.
func merge(object, changes []byte, status map[string]any) (newObject, newChanges []byte, err error) {
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return nil, nil, err
	}
	if newObject, err = jsonpatch.MergePatch(object, patch); err != nil {
		return nil, nil, err
	}
	newChanges, err = jsonpatch.MergeMergePatches(changes, patch)
	return newObject, newChanges, err
}
