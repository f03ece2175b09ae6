package dependents

import (
	"context"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// ReadyEndpoints finds the endpoints of the Service that traffic goes to. An endpoint is called by what it leads to, nearly
// always the name of a pod, or by its first address. The Service must have a valid name.
func (l *Live) ReadyEndpoints(ctx context.Context, namespace, service string) (names []string, more bool, err error) {
	ofService := labels.Set{discoveryv1.LabelServiceName: service}.String()
	return firstLive(ctx, metav1.ListOptions{LabelSelector: ofService},
		func(ctx context.Context, options metav1.ListOptions) (page, error) {
			list, err := l.discovery.EndpointSlices(namespace).List(ctx, options)
			if err != nil {
				return page{}, err
			}
			p := page{next: list.Continue}
			for i := range list.Items {
				if list.Items[i].DeletionTimestamp == nil {
					p.live = append(p.live, ready(&list.Items[i])...)
				}
			}
			return p, nil
		})
}

// ready are the endpoints of a slice that traffic goes to; those that do not say are, by the API's definition.
func ready(slice *discoveryv1.EndpointSlice) (names []string) {
	for i := range slice.Endpoints {
		switch endpoint := &slice.Endpoints[i]; {
		case endpoint.Conditions.Ready != nil && !*endpoint.Conditions.Ready:
		case endpoint.TargetRef != nil:
			names = append(names, endpoint.TargetRef.Name)
		case len(endpoint.Addresses) > 0:
			names = append(names, endpoint.Addresses[0])
		}
	}
	return names
}
