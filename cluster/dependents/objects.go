package dependents

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// enough is how many names are looked for where it may take a look-up of its own to find out whether an object counts.
const enough = 10

// Objects finds the objects of the resource in the namespace that the label selector matches and that count: all of them, or when more
// is true the first few. counts is given each object as JSON. A resource that is not served in this version is a NotFound error. The
// namespace and the parts of the resource must be valid names.
func (l *Live) Objects(
	ctx context.Context, namespace string, resource schema.GroupVersionResource, selector string, counts func(object []byte) (bool, error),
) (names []string, more bool, err error) {
	return firstLive(ctx, metav1.ListOptions{LabelSelector: selector},
		func(ctx context.Context, options metav1.ListOptions) (page, error) {
			list, err := l.dynamic.Resource(resource).Namespace(namespace).List(ctx, options)
			if err != nil {
				return page{}, err
			}
			p := page{next: list.GetContinue()}
			for i := range list.Items {
				if p.unread = len(p.live) == enough; p.unread {
					break
				}
				object, err := list.Items[i].MarshalJSON()
				if err != nil {
					return page{}, err
				}
				counted, err := counts(object)
				if err != nil {
					return page{}, err
				}
				if counted {
					p.live = append(p.live, list.Items[i].GetName())
				}
			}
			return p, nil
		})
}
