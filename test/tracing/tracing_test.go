package tracing

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// TestTracesGoOn: with tracing on in the API server, each of its calls of the webhook for pods has a span of ours below.
func TestTracesGoOn(t *testing.T) {
	c := startCollector(t)
	config := filepath.Join(t.TempDir(), "tracing.yaml")
	if err := os.WriteFile(config, []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nendpoint: "+c.grpcAddress+
		"\nsamplingRatePerMillion: 1000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := controlplane.StartForTest(t, controlplane.Options{APIServerArgs: []string{"--tracing-config-file=" + config}})
	installed, err := installation.Install(t.Context(), cluster, installation.Options{Replicas: 1, Args: []string{"--tracing-endpoint=" + c.httpAddress}})
	t.Cleanup(func() {
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, installed.LogTail(process.TailLines))
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "traced"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}}}
	if _, err := cluster.Client().CoreV1().Pods(cluster.NamespaceForTest(t)).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// Both sides deliver every few seconds.
	var ours, callers int
	for start := time.Now(); time.Since(start) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		if ours, callers = c.joined(); ours > 0 && ours == callers {
			break
		}
	}
	if ours == 0 || ours != callers {
		t.Errorf("%d spans about pods arrived, and for %d of them that of the API server above", ours, callers)
	}
	if got := c.senders(); !slices.Equal(got, []string{"kruise-admission"}) {
		t.Errorf("the spans are of %v", got)
	}
}

// senders are the services that send by HTTP.
func (c *collector) senders() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Sorted(maps.Keys(c.services))
}

// joined counts our spans about new pods, and those of them whose parent is a call that the API server made.
func (c *collector) joined() (ours, callers int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	type id struct{ trace, span string }
	calls := map[id]bool{}
	for _, span := range c.grpc {
		if span.GetKind() == tracev1.Span_SPAN_KIND_CLIENT {
			calls[id{hex.EncodeToString(span.GetTraceId()), hex.EncodeToString(span.GetSpanId())}] = true
		}
	}
	for _, span := range c.http {
		if attribute(span, "kruise_admission.endpoint") == "/mutate-pod" && attribute(span, "kruise_admission.operation") == "CREATE" {
			ours++
			if calls[id{hexID(span.GetTraceId()), hexID(span.GetParentSpanId())}] {
				callers++
			}
		}
	}
	return ours, callers
}

// hexID gives back a hexadecimal id that was read as base64, as protobuf does.
func hexID(read []byte) string { return base64.StdEncoding.EncodeToString(read) }

func attribute(span *tracev1.Span, key string) string {
	for _, a := range span.GetAttributes() {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}
