package podsteps

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/decision"
)

var update = flag.Bool("update", false, "rewrite the results in testdata/*.txtar")

// TestTranscripts runs testdata/*.txtar: what the cluster holds (objects.yaml), options, and pods (NAME.pod.yaml), each followed by its
// result (NAME.result): the decision and the operations of its patch. Read the results when -update has rewritten them. Each pod is also
// held to the properties of checkProperties.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			view, options := newView(t, nil), Options{}
			var result txtar.Archive
			result.Comment = archive.Comment
			for _, f := range archive.Files {
				name, isPod := strings.CutSuffix(f.Name, ".pod.yaml")
				switch {
				case strings.HasSuffix(f.Name, ".result"):
					continue
				case f.Name == "objects.yaml":
					view = newView(t, f.Data)
				case f.Name == "options":
					options = readOptions(t, f.Data)
				case !isPod:
					t.Fatalf("unknown section %s", f.Name)
				}
				result.Files = append(result.Files, f)
				if isPod {
					transcript := transcribe(t, newPipeline(t, view, options), f.Data)
					result.Files = append(result.Files, txtar.File{Name: name + ".result", Data: transcript})
				}
			}
			compareTranscript(t, file, archive, &result)
		})
	}
}

func compareTranscript(t *testing.T, file string, want, got *txtar.Archive) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i, f := range got.Files {
		if i >= len(want.Files) || want.Files[i].Name != f.Name || !bytes.Equal(want.Files[i].Data, f.Data) {
			t.Errorf("%s differs; read it after go test -run Transcripts -update:\n%s", f.Name, f.Data)
		}
	}
}

// newView holds the objects of a YAML stream.
func newView(t testing.TB, stream []byte) cluster.View {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(file, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	view, err := manifests.Read(manifests.Options{Paths: []string{file}, Namespace: "kruise-system"})
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// replicaSets are ReplicaSets and their Deployments, by name.
type replicaSets map[string]string

func (r replicaSets) Workload(_ context.Context, kind schema.GroupVersionKind, _, name string) (json.RawMessage, error) {
	deployment, ok := r[name]
	switch {
	case kind.Kind != "ReplicaSet" || deployment == "error":
		return nil, decision.CannotTell("read %s: %w", kind.Kind, errors.New("connection refused"))
	case !ok:
		return nil, nil
	}
	return fmt.Appendf(nil, `{"metadata":{"name":%q,"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":%q,"controller":true}]}}`, name, deployment), nil
}

func readOptions(t *testing.T, text []byte) (options Options) {
	t.Helper()
	for line := range strings.Lines(string(text)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
		case "none":
		case "always readiness gate":
			options.AlwaysReadinessGate = true
		case "budgets":
			options.PodUnavailableBudgets = true
		case "enhanced liveness":
			options.EnhancedLiveness = true
		case "probe markers":
			options.ProbeMarkers = true
		case "ReplicaSet":
			if options.Workloads == nil {
				options.Workloads = replicaSets{}
			}
			name, deployment, _ := strings.Cut(value, " of ")
			options.Workloads.(replicaSets)[name] = deployment
		default:
			t.Fatalf("unknown option %q", line)
		}
	}
	return options
}

func transcribe(t *testing.T, pipeline *Pipeline, pod []byte) []byte {
	t.Helper()
	object, err := yaml.YAMLToJSON(pod)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	result, err := pipeline.Review(t.Context(), createPod(object))
	switch {
	case err != nil:
		after, again := decision.RetryAfter(err)
		fmt.Fprintf(&b, "%v (retry: %v, after %v)\n", err, again, after)
		return b.Bytes()
	case !result.Allowed:
		fmt.Fprintf(&b, "refused: %d %s\n%s\n", result.Code, result.Reason, result.Message)
		for _, cause := range result.Causes {
			fmt.Fprintf(&b, "cause: %s: %s\n", cause.Field, cause.Type)
		}
		return b.Bytes()
	}
	for _, key := range slices.Sorted(maps.Keys(result.Audit)) {
		fmt.Fprintf(&b, "# audit %s: %s\n", key, result.Audit[key])
	}
	for _, warning := range result.Warnings {
		fmt.Fprintf(&b, "# warning: %s\n", warning)
	}
	if len(result.Patch) == 0 {
		fmt.Fprintln(&b, "# unchanged")
	}
	for _, o := range result.Patch {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Op, o.Path, o.Value)))
	}
	checkProperties(t, pipeline, object)
	return b.Bytes()
}

func createPod(object []byte) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "11111111-2222-3333-4444-555555555555", Operation: admissionv1.Create, Namespace: "shop",
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:   runtime.RawExtension{Raw: object},
	}
}
