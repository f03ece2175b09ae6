// Package pods reads pods from the API server when somebody asks, and watches none (docs/architecture.md, rule 6):
//
//   - [Reader.Pods]: the metadata of named pods, for rules that need to know whether a pod exists and who owns it;
//   - [Running] and [Whole]: one pod with its containers, for rules that are about these;
//   - [Reader.Each]: the metadata of all unfinished pods, page by page, for what is done outside requests.
package pods

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive"
)

// parallel is how many pods are read at the same time for one question.
const parallel = 8

// Reader reads the metadata of pods from the API server. The server needs the permission to get pods.
type Reader struct{ client metadata.Interface }

// NewReader makes a Reader.
func NewReader(client metadata.Interface) *Reader { return &Reader{client: client} }

// Pods returns the metadata of those of the named pods that exist, by name. An error means "cannot tell".
func (r *Reader) Pods(ctx context.Context, namespace string, names []string) (map[string]*metav1.ObjectMeta, error) {
	pods := r.client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace(namespace)
	found := make([]*metav1.ObjectMeta, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, name := range names {
		if !cluster.IsName(name) {
			continue
		}
		group.Go(func() error {
			return survive.Try(ctx, func() error {
				pod, err := pods.Get(ctx, name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("read pod %s/%s: %w", namespace, name, err)
				}
				found[i] = &pod.ObjectMeta
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	result := make(map[string]*metav1.ObjectMeta, len(names))
	for i, name := range names {
		if found[i] != nil {
			result[name] = found[i]
		}
	}
	return result, nil
}
