package chart

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestDashboardAndAlertsAskForWhatThereIs: Prometheus' own parser reads every expression of the dashboard and of the alerts, and every
// metric and label in them is one that the server has, by the table in docs/metrics.md, which is generated from its registry.
func TestDashboardAndAlertsAskForWhatThereIs(t *testing.T) {
	objects := render(t, "--set", "dashboard.enabled=true,prometheusRule.enabled=true")
	dashboard, _, err := unstructured.NestedString(find(objects, "ConfigMap", release+"-dashboard").Object, "data", "kruise-admission.json")
	if err != nil {
		t.Fatal(err)
	}
	texts := dashboardExpressions(t, dashboard)
	alerts := alertsOf(t, find(objects, "PrometheusRule", release))
	if len(texts) < 20 || len(alerts) < 10 {
		t.Fatalf("%d expressions in the dashboard, %d alerts: some are not found", len(texts), len(alerts))
	}
	for _, a := range alerts {
		texts = append(texts, a.Expr)
	}
	metrics := documentedMetrics(t)
	for i, read := range parsePromQL(t, texts) {
		if read.Error != "" {
			t.Errorf("%s: %s", texts[i], read.Error)
			continue
		}
		var labels []string
		for _, selector := range read.Selectors {
			known, ok := metrics[histogram.ReplaceAllString(selector.Metric, "")]
			if !ok && !strings.HasPrefix(selector.Metric, "go_") && !strings.HasPrefix(selector.Metric, "process_") {
				t.Errorf("%s: the server has no metric %s", texts[i], selector.Metric)
				continue
			}
			labels = append(labels, known...)
			for _, label := range selector.Labels {
				if !slices.Contains(append(known, fromScrapes...), label) {
					t.Errorf("%s: %s has no label %s", texts[i], selector.Metric, label)
				}
			}
		}
		for _, label := range read.Grouping {
			if !slices.Contains(append(labels, fromScrapes...), label) {
				t.Errorf("%s: no metric in it has the label %s", texts[i], label)
			}
		}
	}
}

var (
	// histogram ends the names of the series of a histogram.
	histogram = regexp.MustCompile(`_(bucket|sum|count)$`)
	// fromScrapes are labels that Prometheus adds, and that of buckets.
	fromScrapes = []string{"namespace", "pod", "le"}
	// inDashboard are the variables of Grafana, by what stands for them here.
	inDashboard = strings.NewReplacer("$__rate_interval", "5m", "$namespace", "n", "$pod", "p")

	documentedMetric = regexp.MustCompile("(?m)^\\| `(kruise_admission_[a-z_]+)(?:\\{([a-z_,]*)\\})?` \\|")
)

// dashboardExpressions returns the expressions of all panels.
func dashboardExpressions(t *testing.T, text string) (expressions []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title, Description, Type string
			Targets                  []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		if panel.Type != "row" && (panel.Description == "" || len(panel.Targets) == 0) {
			t.Errorf("panel %q has no description or nothing to show", panel.Title)
		}
		for _, target := range panel.Targets {
			expressions = append(expressions, inDashboard.Replace(target.Expr))
		}
	}
	return expressions
}

// alert is one rule of a PrometheusRule.
type alert struct{ Alert, Expr, For string }

func alertsOf(t *testing.T, rule *unstructured.Unstructured) (alerts []alert) {
	t.Helper()
	text, err := rule.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var typed struct {
		Spec struct {
			Groups []struct{ Rules []alert }
		}
	}
	if err := json.Unmarshal(text, &typed); err != nil {
		t.Fatal(err)
	}
	for _, group := range typed.Spec.Groups {
		alerts = append(alerts, group.Rules...)
	}
	return alerts
}

// documentedMetrics returns the labels of every metric of the server.
func documentedMetrics(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(installation.Root(), "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	metrics := map[string][]string{}
	for _, match := range documentedMetric.FindAllStringSubmatch(string(text), -1) {
		metrics[match[1]] = strings.Split(match[2], ",")
	}
	return metrics
}

// expression is what test/promql says of one.
type expression struct {
	Error     string
	Selectors []struct {
		Metric string
		Labels []string
	}
	Grouping []string
}

func parsePromQL(t *testing.T, texts []string) (read []expression) {
	t.Helper()
	askPromQL(t, ".", texts, &read)
	return read
}

// askPromQL runs a command of test/promql, which has its own module.
func askPromQL(t *testing.T, command string, question, answer any) {
	t.Helper()
	input, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "run", command)
	run.Dir = filepath.Join(installation.Root(), "test", "promql")
	run.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	run.Stdin, run.Stderr = bytes.NewReader(input), &stderr
	output, err := run.Output()
	if err != nil {
		t.Fatalf("test/promql %s: %v\n%s", command, err, stderr.String())
	}
	if err := json.Unmarshal(output, answer); err != nil {
		t.Fatal(err)
	}
}
