package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// The load on the API server.
const (
	// moderateRate is how many pods are created in a second at moderate load: 36,000 in an hour, on two cores that API server, etcd,
	// controllers and load share.
	moderateRate = 10
	// moderateTimes is how much longer than full load moderate load takes, because so few pods are created.
	moderateTimes = 3
	// creators create at once, at full load each as soon as the API server has answered.
	creators = 8
	// warmUp is created in a case before anything counts.
	warmUp = time.Second
	// setsInCluster is how many SidecarSets there are.
	setsInCluster = 100
	// apiServerGarbage lets the API server collect garbage seldom, as one of a large cluster does. The heap of an empty cluster is so small
	// that it would be collected every few seconds, on all cores there are, and a webhook that does nothing waits several milliseconds then.
	apiServerGarbage = "GOGC=1000"
)

// Namespaces in which pods are created. Whether a webhook is called for their pods is all that differs.
const (
	coveredNamespace = "shop"    // by ours
	outsideNamespace = "outside" // by none
	noopNamespace    = "noop"    // by one that only allows
)

// The series of the webhook calls of the API server, by the entry of the webhook configuration.
const (
	ourEntry  = `name="mpod.kb.io"`
	noopEntry = `name="` + noopWebhook + `"`
)

// APIServerReport is what the webhook costs those who create pods, by the histograms of the API server.
type APIServerReport struct {
	cases []*creation
}

// creation is one kind of pod under one load.
type creation struct {
	name, namespace, app string
	entry                string // of the webhook that is called, empty where none is
	moderate             bool

	created  int
	seconds  float64
	requests histogram // of POST pods
	calls    histogram // of the webhook
	inside   histogram // of ours, by itself
}

// load names the load.
func (c *creation) load() string {
	if c.moderate {
		return fmt.Sprintf("%d / s", moderateRate)
	}
	return fmt.Sprintf("%d at once", creators)
}

// load is what creates pods and reads histograms.
type load struct {
	client  kubernetes.Interface
	metrics string // URL of those of our server, not needed for other entries
}

// MeasureAPIServer starts a control plane, installs the server, and creates pods with and without it in turn, each time for so long. Pods that
// are created without it are in namespaces that the webhook configuration leaves out; for those of one of them a server is called that only
// allows.
func MeasureAPIServer(ctx context.Context, options Options) (report *APIServerReport, err error) {
	cluster, err := controlplane.Start(ctx, controlplane.Options{APIServerEnv: []string{apiServerGarbage}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	installed, err := installation.Install(ctx, cluster, installation.Options{Replicas: 1})
	defer func() { err = errors.Join(err, installed.Stop()) }()
	if err != nil {
		return nil, err
	}
	for i := range setsInCluster {
		manifest, err := sidecarSet(i)
		if err != nil {
			return nil, err
		}
		set := &unstructured.Unstructured{}
		if err := set.UnmarshalJSON(manifest); err != nil {
			return nil, err
		}
		if _, err := installed.Client.Create(ctx, set); err != nil {
			return nil, err
		}
	}
	config := cluster.RESTConfig()
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	leftOut := map[string]string{"control-plane": "bench"}
	for name, labels := range map[string]map[string]string{coveredNamespace: nil, outsideNamespace: leftOut, noopNamespace: leftOut} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		if _, err := cluster.CreateNamespace(ctx, namespace); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "kruise-admission-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stopNoop, err := installNoop(ctx, client, dir)
	if err != nil {
		return nil, err
	}
	defer stopNoop()

	report = &APIServerReport{}
	for _, moderate := range []bool{true, false} {
		report.cases = append(report.cases,
			&creation{name: "without a webhook", namespace: outsideNamespace, app: matchedApp, moderate: moderate},
			&creation{name: "controller-runtime that allows", namespace: noopNamespace, app: matchedApp, entry: noopEntry, moderate: moderate},
			&creation{name: "ours, not matched", namespace: coveredNamespace, app: "another", entry: ourEntry, moderate: moderate},
			&creation{name: "ours, injected", namespace: coveredNamespace, app: matchedApp, entry: ourEntry, moderate: moderate})
	}
	l := load{client, installed.Replicas()[0].MetricsURL()}
	// An API server that has just started, in a cluster that has just got CRDs, has work of its own for up to a minute.
	_, _ = fmt.Fprintf(options.Progress, "%s, a round that does not count\n", report.cases[0].load())
	if err := round(ctx, l, options.Time, copies(report.cases[:len(report.cases)/2])); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, installed.LogTail(10))
	}
	// All of moderate load comes before full load, after which the API server has thousands of deleted pods to clear up.
	for cases := range slices.Chunk(report.cases, len(report.cases)/2) {
		for i := range options.Rounds {
			_, _ = fmt.Fprintf(options.Progress, "%s, round %d of %d: %d cases\n", cases[0].load(), i+1, options.Rounds, len(cases))
			if err := round(ctx, l, options.Time, cases); err != nil {
				return nil, fmt.Errorf("%w\n%s", err, installed.LogTail(10))
			}
		}
	}
	return report, nil
}

// round measures each case once.
func round(ctx context.Context, l load, duration time.Duration, cases []*creation) error {
	for _, c := range cases {
		if err := c.measure(ctx, l, duration); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func copies(cases []*creation) (copied []*creation) {
	for _, c := range cases {
		another := *c
		copied = append(copied, &another)
	}
	return copied
}

// measure creates pods for a time, at moderate load moderateTimes as long, and removes them afterwards.
func (c *creation) measure(ctx context.Context, l load, duration time.Duration) error {
	pod := pod3KB.pod(c.app)
	// The garbage collector would remove pods of a ReplicaSet that is not there.
	metadata := pod["metadata"].(object)
	delete(metadata, "ownerReferences")
	delete(metadata, "namespace")
	body, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	if c.moderate {
		duration *= moderateTimes
	}
	if _, err := l.create(ctx, c.namespace, body, c.moderate, time.Now().Add(warmUp)); err != nil {
		return err
	}
	before, err := l.observe(ctx, c.entry)
	if err != nil {
		return err
	}
	start := time.Now()
	created, err := l.create(ctx, c.namespace, body, c.moderate, start.Add(duration))
	if err != nil {
		return err
	}
	c.created += created
	c.seconds += time.Since(start).Seconds()
	after, err := l.observe(ctx, c.entry)
	if err != nil {
		return err
	}
	c.requests = c.requests.plus(after.requests.minus(before.requests))
	c.calls = c.calls.plus(after.calls.minus(before.calls))
	c.inside = c.inside.plus(after.inside.minus(before.inside))
	now := int64(0)
	return l.client.CoreV1().Pods(c.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
}

// observation is what was counted so far: by the API server its requests and its calls of a webhook, and by our server its reviews.
type observation struct{ requests, calls, inside histogram }

func (l load) observe(ctx context.Context, entry string) (o observation, err error) {
	text, err := l.client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return o, err
	}
	if o.requests, err = readHistogram(string(text), "apiserver_request_duration_seconds", `resource="pods"`, `verb="POST"`, `subresource=""`); err != nil {
		return o, err
	}
	if entry == "" {
		return o, nil
	}
	if entry == ourEntry {
		ours, err := get(ctx, l.metrics)
		if err != nil {
			return o, err
		}
		if o.inside, err = readHistogram(ours, "kruise_admission_review_duration_seconds", `endpoint="/mutate-pod"`); err != nil {
			return o, err
		}
	}
	o.calls, err = readHistogram(string(text), "apiserver_admission_webhook_admission_duration_seconds", entry)
	return o, err
}

// create creates pods until the end and says how many.
func (l load) create(ctx context.Context, namespace string, pod []byte, moderate bool, end time.Time) (int, error) {
	counts, errs := make([]int, creators), make([]error, creators)
	var group sync.WaitGroup
	for i := range creators {
		group.Go(func() {
			// At moderate load each creator has its own moment, so that pods come one after the other.
			next := time.Now().Add(time.Duration(i) * time.Second / moderateRate)
			for time.Now().Before(end) {
				if moderate {
					time.Sleep(time.Until(next))
					next = next.Add(creators * time.Second / moderateRate)
				}
				errs[i] = l.client.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").
					SetHeader("Content-Type", "application/json").Body(pod).Do(ctx).Error()
				if errs[i] != nil {
					return
				}
				counts[i]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, count := range counts {
		total += count
	}
	return total, errors.Join(errs...)
}
