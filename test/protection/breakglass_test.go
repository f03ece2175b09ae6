package protection

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestBreakGlassIsRecorded: a use is counted and written as an Event about the object, with the rights of the generated role; a dry run
// is neither.
func TestBreakGlassIsRecorded(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
breakGlass: {groups: [oncall], annotation: {maxDuration: 1h}}
`)
	namespaceWith(t, cluster, "glass", nil)
	namespaceWith(t, cluster, "glass-namespace", map[string]string{label: "Always"})
	awaitProtection(t, cluster, "glass")
	user, oncall := as(t, cluster, "people"), as(t, cluster, "oncall")
	service := func(name string) *unstructured.Unstructured {
		return create(t, user, protected("v1", "Service", "glass", name, "Always", "{ports: [{port: 80}]}"))
	}
	byGroup, byAnnotation := service("by-group"), service("by-annotation")

	const before = `kruise_admission_delete_protection_total{outcome="break_glass",resource="services"}`
	if err := oncall.tryDelete(t, byGroup); err != nil {
		t.Errorf("dry run: %v", err)
	}
	if got := metric(t, installed, before); got != "" {
		t.Errorf("a dry run is counted: %s", got)
	}
	mustRefuse(t, user, byGroup, always("Service", "by-group"))
	mustGo(t, oncall, byGroup)
	until := time.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)
	patch(t, user, byAnnotation, fmt.Sprintf(`{"metadata":{"annotations":{"kruise-admission.io/break-glass":"%s INC-4711"}}}`, until))
	mustGo(t, user, byAnnotation)
	if got := metric(t, installed, before); got != "2" {
		t.Errorf("%s is %q, want 2", before, got)
	}
	mustGo(t, oncall, parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: glass-namespace}"))

	for _, want := range []struct{ namespace, kind, name, note string }{
		{"glass", "Service", "by-group", `user "jane" went past delete protection by group "oncall": ` + forbidden + "Always"},
		{"glass", "Service", "by-annotation", `user "jane" went past delete protection by annotation until ` + until + ": INC-4711: " + forbidden + "Always"},
		{"default", "Namespace", "glass-namespace", `user "jane" went past delete protection by group "oncall": ` + forbidden + "Always"},
	} {
		events, err := cluster.Client().EventsV1().Events(want.namespace).List(t.Context(), metav1.ListOptions{
			FieldSelector: "reason=DeleteProtectionBreakGlass,regarding.name=" + want.name,
		})
		if err != nil || len(events.Items) != 1 {
			t.Errorf("%s: %d Events, %v", want.name, len(events.Items), err)
			continue
		}
		if event := events.Items[0]; event.Note != want.note || event.Regarding.Kind != want.kind || event.Type != "Warning" {
			t.Errorf("%s: got %+v", want.name, event)
		}
	}
}

// metric returns the value of a series of the only replica, empty when there is none.
func metric(t *testing.T, installed *installation.Installation, series string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, installed.Replicas()[0].MetricsURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
