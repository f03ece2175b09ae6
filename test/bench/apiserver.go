package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	// moderateRate is how many pods are created in a second at moderate load. A large Deployment that is rolled out does that.
	moderateRate = 40
	// creators create at once, at full load each as soon as the API server has answered.
	creators = 8
	// setsInCluster is how many SidecarSets there are.
	setsInCluster = 100
)

// podEntry names the entry of pods in the webhook configuration.
const podEntry = `name="mpod.kb.io"`

// APIServerReport is what the webhook costs those who create pods, by the histograms of the API server.
type APIServerReport struct {
	cases []*creation
}

// creation is one kind of pod under one load.
type creation struct {
	name, namespace, app string
	moderate             bool

	created  int
	seconds  float64
	requests histogram // of POST pods
	calls    histogram // of the webhook
}

// MeasureAPIServer starts a control plane, installs the server, and creates pods with and without it in turn, each time for so long. Pods that
// are created without it are in a namespace that the webhook configuration leaves out.
func MeasureAPIServer(ctx context.Context, options Options) (report *APIServerReport, err error) {
	cluster, err := controlplane.Start(ctx, controlplane.Options{})
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
	namespaces := map[string]map[string]string{"shop": nil, "outside": {"control-plane": "bench"}}
	for name, labels := range namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		if _, err := cluster.CreateNamespace(ctx, namespace); err != nil {
			return nil, err
		}
	}
	config := cluster.RESTConfig()
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	report = &APIServerReport{}
	for _, moderate := range []bool{true, false} {
		report.cases = append(report.cases,
			&creation{name: "without the webhook", namespace: "outside", app: matchedApp, moderate: moderate},
			&creation{name: "not matched", namespace: "shop", app: "another", moderate: moderate},
			&creation{name: "injected", namespace: "shop", app: matchedApp, moderate: moderate})
	}
	for round := range options.Rounds {
		_, _ = fmt.Fprintf(options.Progress, "round %d of %d: %d cases, %s each\n", round+1, options.Rounds, len(report.cases), options.Time)
		for _, c := range report.cases {
			if err := c.measure(ctx, client, options.Time); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", c.name, err, installed.LogTail(10))
			}
		}
	}
	return report, nil
}

// measure creates pods for a time, and removes them afterwards.
func (c *creation) measure(ctx context.Context, client kubernetes.Interface, duration time.Duration) error {
	pod := pod3KB.pod(c.app)
	// The garbage collector would remove pods of a ReplicaSet that is not there.
	metadata := pod["metadata"].(object)
	delete(metadata, "ownerReferences")
	delete(metadata, "namespace")
	body, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	requests, calls, err := observed(ctx, client)
	if err != nil {
		return err
	}
	start := time.Now()
	created, err := create(ctx, client, c.namespace, body, c.moderate, start.Add(duration))
	if err != nil {
		return err
	}
	c.created += created
	c.seconds += time.Since(start).Seconds()
	requestsAfter, callsAfter, err := observed(ctx, client)
	if err != nil {
		return err
	}
	c.requests = c.requests.plus(requestsAfter.minus(requests))
	c.calls = c.calls.plus(callsAfter.minus(calls))
	now := int64(0)
	return client.CoreV1().Pods(c.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
}

// observed reads the histograms of the API server.
func observed(ctx context.Context, client kubernetes.Interface) (requests, calls histogram, err error) {
	text, err := client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return requests, calls, err
	}
	requests, err = readHistogram(string(text), "apiserver_request_duration_seconds", `resource="pods"`, `verb="POST"`, `subresource=""`)
	if err != nil {
		return requests, calls, err
	}
	calls, err = readHistogram(string(text), "apiserver_admission_webhook_admission_duration_seconds", podEntry)
	return requests, calls, err
}

// create creates pods until the end and says how many.
func create(ctx context.Context, client kubernetes.Interface, namespace string, pod []byte, moderate bool, end time.Time) (int, error) {
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
				errs[i] = client.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").
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

// Goals judges the report.
func (r *APIServerReport) Goals() []Goal {
	var calls histogram
	for _, c := range r.cases {
		if c.moderate {
			calls = calls.plus(c.calls)
		}
	}
	return []Goal{{
		fmt.Sprintf("share of webhook calls of 5 ms and more, at %d pods a second", moderateRate),
		100 * (calls.count - calls.first) / calls.count, 0, "%",
	}}
}

// Table is the report in Markdown.
func (r *APIServerReport) Table() string {
	var b strings.Builder
	b.WriteString("| load | pods | created / s | creation, ms | added, ms | webhook call, ms | calls below 5 ms |\n|:--|:--|--:|--:|--:|--:|--:|\n")
	var without float64
	for _, c := range r.cases {
		load := fmt.Sprintf("%d at once", creators)
		if c.moderate {
			load = fmt.Sprintf("%d / s", moderateRate)
		}
		took := c.requests.milliseconds()
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f |", load, c.name, float64(c.created)/c.seconds, took)
		if c.calls.count == 0 {
			without = took
			b.WriteString(" – | – | – |\n")
			continue
		}
		fmt.Fprintf(&b, " %.2f | %.2f | %.2f %% of %.0f |\n", took-without, c.calls.milliseconds(), 100*c.calls.first/c.calls.count, c.calls.count)
	}
	return b.String() + "\n" + goalTable(r.Goals())
}
