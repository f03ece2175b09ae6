package controlplane

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// kubelet plays scheduler and kubelet for the pods of one namespace, as far as the controllers notice: pods are bound to a
// node, become Running and Ready with an address some time later, and are gone some time after their deletion.
//
// kwok does more, for more: version 0.8.0 would bring newer gRPC and OpenTelemetry modules into the control plane than Kubernetes was
// released with, and its pod controller alone takes 142 s of processor time to compile (494 packages, Go 1.26).
type kubelet struct {
	client    kubernetes.Interface
	namespace string
	node      string
	// takes is how long the n-th pod takes to start, and as long to stop.
	takes func(n int) time.Duration
	// fail is told of what a kubelet should not meet.
	fail func(error)

	work sync.WaitGroup

	mu sync.Mutex
	// begun is what is being done, or has been done, for each pod.
	begun map[types.UID]podStage
	// numbers counts the pods in the order in which they were seen.
	numbers map[types.UID]int
}

// podStage is how far a pod has come; it never goes back.
type podStage int

const (
	unseen podStage = iota
	binding
	starting
	stopping
)

// KubeletForTest plays scheduler and kubelet for a namespace until the test ends. The n-th pod, from 0, takes the given time to start and
// as long to stop.
func (c *ControlPlane) KubeletForTest(t testing.TB, namespace string, takes func(n int) time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background()) // what the test deletes at its end needs a kubelet as well
	k := &kubelet{
		client: c.client, namespace: namespace, node: "node-of-" + namespace, takes: takes,
		fail: func(err error) {
			if ctx.Err() == nil {
				t.Error("kubelet: ", err)
			}
		},
		begun: map[types.UID]podStage{}, numbers: map[types.UID]int{},
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: k.node}}
	if _, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		stop()
		t.Fatal(err)
	}
	pods := cache.NewListWatchFromClient(c.client.CoreV1().RESTClient(), "pods", namespace, fields.Everything())
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: pods, ObjectType: &corev1.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(pod any) { k.see(ctx, pod.(*corev1.Pod)) },
			UpdateFunc: func(_, pod any) { k.see(ctx, pod.(*corev1.Pod)) },
		},
	})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		informer.RunWithContext(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-watched
		k.work.Wait()
		// Pods that are bound to a node wait for its kubelet for ever, and their namespace with them.
		now := int64(0)
		background := context.Background()
		if err := c.client.CoreV1().Pods(namespace).DeleteCollection(background, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{}); err != nil {
			t.Log("pods not deleted:", err)
		}
		if err := c.client.CoreV1().Nodes().Delete(background, k.node, metav1.DeleteOptions{}); err != nil {
			t.Log("node not deleted:", err)
		}
	})
}

// see begins what a pod needs next.
func (k *kubelet) see(ctx context.Context, pod *corev1.Pod) {
	stage, do := unseen, func(context.Context, *corev1.Pod, int) error { return nil }
	switch {
	case pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil:
		stage, do = binding, k.bind
	case pod.Spec.NodeName == k.node && pod.DeletionTimestamp != nil:
		stage, do = stopping, k.stop
	case pod.Spec.NodeName == k.node && pod.Status.Phase == corev1.PodPending:
		stage, do = starting, k.start
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	n, known := k.numbers[pod.UID]
	if !known {
		n = len(k.numbers)
		k.numbers[pod.UID] = n
	}
	if stage <= k.begun[pod.UID] {
		return
	}
	k.begun[pod.UID] = stage
	k.work.Go(func() {
		if err := do(ctx, pod, n); err != nil {
			k.fail(fmt.Errorf("pod %s: %w", pod.Name, err))
		}
	})
}

func (k *kubelet) bind(ctx context.Context, pod *corev1.Pod, _ int) error {
	return gone(k.client.CoreV1().Pods(k.namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: k.node},
	}, metav1.CreateOptions{}))
}

func (k *kubelet) start(ctx context.Context, pod *corev1.Pod, n int) error {
	k.wait(ctx, n)
	pods := k.client.CoreV1().Pods(k.namespace)
	for {
		current, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return gone(err)
		}
		if current.UID != pod.UID || current.DeletionTimestamp != nil {
			return nil
		}
		current.Status.HostIP = "192.0.2.1"
		current.Status.PodIP = fmt.Sprintf("10.244.%d.%d", n/250, n%250+1)
		current.Status.PodIPs = []corev1.PodIP{{IP: current.Status.PodIP}}
		if _, err = SetPodReady(ctx, k.client, current); !apierrors.IsConflict(err) {
			return gone(err)
		}
	}
}

func (k *kubelet) stop(ctx context.Context, pod *corev1.Pod, n int) error {
	k.wait(ctx, n)
	now := int64(0)
	return gone(k.client.CoreV1().Pods(k.namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID)),
	}))
}

func (k *kubelet) wait(ctx context.Context, n int) {
	timer := time.NewTimer(k.takes(n))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// gone drops the errors of a pod that is gone or replaced.
func gone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
