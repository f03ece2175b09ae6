package controlplane

import (
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestChangeLosesNothing lets several count at the same time in one object.
func TestChangeLosesNothing(t *testing.T) {
	cluster := ForTest(t)
	counters := cluster.Client().CoreV1().ConfigMaps(cluster.NamespaceForTest(t))
	if _, err := counters.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "counter"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	const people, each = 3, 10
	var counting sync.WaitGroup
	for range people {
		counting.Go(func() {
			for range each {
				if _, err := Change(t.Context(), counters, "counter", func(counter *corev1.ConfigMap) {
					n, _ := strconv.Atoi(counter.Data["n"]) // 0 at first
					counter.Data = map[string]string{"n": strconv.Itoa(n + 1)}
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	counting.Wait()
	counter, err := counters.Get(t.Context(), "counter", metav1.GetOptions{})
	if err != nil || counter.Data["n"] != strconv.Itoa(people*each) {
		t.Errorf("counted %s, want %d: %v", counter.Data["n"], people*each, err)
	}
	if _, err := Change(t.Context(), counters, "absent", func(*corev1.ConfigMap) {}); !apierrors.IsNotFound(err) {
		t.Errorf("what is not there: %v", err)
	}
}
