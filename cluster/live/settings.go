package live

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// watchSettings keeps the settings current. The one ConfigMap is asked for by its name, so that the server needs no right to read others.
func (s *Source) watchSettings(ctx context.Context, first *firstList) {
	into := newSink(ctx, s, first, readSettings, func(delta cluster.Delta[map[string]string]) {
		s.store.Apply(cluster.Change{ConfigMaps: delta})
	})
	byName := fields.OneTermEqualSelector(metav1.ObjectNameField, cluster.SettingsConfigMap)
	watching := reflector(s, s.settings, request{resource: "configmaps", fields: byName.String(), first: first}, &corev1.ConfigMap{}, into)
	follow.Forever(ctx, func(ctx context.Context) { _ = watching.ListAndWatchWithContext(ctx) }) // reported by the reflector's requests
}

func readSettings(object any) (map[string]string, error) {
	settings, ok := object.(*corev1.ConfigMap)
	if !ok {
		return nil, fmt.Errorf("not a ConfigMap: %T", object)
	}
	return settings.Data, nil
}
