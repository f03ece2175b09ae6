package soak

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

const (
	// creators is how many pods are created at a time, and pause what each waits after a pod: it keeps the store small.
	creators = 8
	pause    = 20 * time.Millisecond
	// sidecar is the container that every pod of the load must have.
	sidecar = "agent"
)

// label is what the SidecarSet selects.
var label = map[string]string{"soak": "yes"}

// failure is a creation that failed.
type failure struct {
	began, ended time.Time
	err          error
}

// barePod is a pod that was created without its sidecar.
type barePod struct {
	name         string
	began, ended time.Time
}

// load creates pods until it is stopped.
type load struct {
	created atomic.Int64
	stop    func()

	mutex    sync.Mutex
	failures []failure
	// bare are the pods that came back without their sidecar.
	bare []barePod
}

func startLoad(client kubernetes.Interface, namespace string) *load {
	l := &load{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range creators {
		running.Go(func() {
			for ctx.Err() == nil {
				l.create(client, namespace)
				time.Sleep(pause)
			}
		})
	}
	l.stop = func() {
		cancel()
		running.Wait()
	}
	return l
}

// create creates one pod. It is not interrupted when the load is stopped, so that everything that reached the API server is counted here, too.
func (l *load) create(client kubernetes.Interface, namespace string) {
	began := time.Now()
	pod, err := client.CoreV1().Pods(namespace).Create(context.Background(), newPod(namespace), metav1.CreateOptions{})
	switch {
	case err != nil:
		l.mutex.Lock()
		l.failures = append(l.failures, failure{began, time.Now(), err})
		l.mutex.Unlock()
	default:
		l.created.Add(1)
		if !injected(pod) {
			l.mutex.Lock()
			l.bare = append(l.bare, barePod{pod.Name, began, time.Now()})
			l.mutex.Unlock()
		}
	}
}

func newPod(namespace string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "soak-", Labels: label},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
	}
}

func injected(pod *corev1.Pod) bool {
	for _, container := range pod.Spec.Containers {
		if container.Name == sidecar {
			return true
		}
	}
	return false
}

// goOn waits until more pods have been created, so that each disturbance meets its share of them.
func (l *load) goOn(t *testing.T, during string) {
	t.Helper()
	goal := l.created.Load() + 5*creators
	controlplane.Eventually(t, during+": pods go on being created", func(context.Context) error {
		if count := l.created.Load(); count < goal {
			return fmt.Errorf("%d pods, want %d", count, goal)
		}
		return nil
	})
}

// stored counts the pods of the load in the API server, and those of them without the sidecar.
func stored(ctx context.Context, client kubernetes.Interface, namespace string) (all, bare int, err error) {
	options := metav1.ListOptions{Limit: 500}
	for {
		page, err := client.CoreV1().Pods(namespace).List(ctx, options)
		if err != nil {
			return 0, 0, err
		}
		for i := range page.Items {
			all++
			if !injected(&page.Items[i]) {
				bare++
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return all, bare, nil
		}
	}
}
