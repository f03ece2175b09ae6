package inject

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/decision"
)

var update = flag.Bool("update", false, "rewrite the results in testdata/*.txtar")

// TestTranscripts runs testdata/*.txtar: what the cluster holds (objects.yaml), options, and pods (NAME.pod.yaml), each followed by its
// result (NAME.result): the reasons of Explain, the decision of Review, and the pod after injection. Read the results when
// -update has rewritten them.
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
			view, options := newMemoryView(), Options{}
			view.namespaces["shop"] = map[string]string{"kubernetes.io/metadata.name": "shop", "tier": "gold"}
			var result txtar.Archive
			result.Comment = archive.Comment
			for _, f := range archive.Files {
				name, isPod := strings.CutSuffix(f.Name, ".pod.yaml")
				switch {
				case strings.HasSuffix(f.Name, ".result"):
					continue
				case f.Name == "objects.yaml":
					if err := view.load(f.Data); err != nil {
						t.Fatal(err)
					}
				case f.Name == "options":
					readOptions(t, f.Data, view, &options)
				case !isPod:
					t.Fatalf("unknown section %s", f.Name)
				}
				result.Files = append(result.Files, f)
				if isPod {
					transcript := transcribe(t, newEngine(t, view, options), f.Data)
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
	for _, f := range got.Files {
		i := slices.IndexFunc(want.Files, func(w txtar.File) bool { return w.Name == f.Name })
		if i < 0 || !bytes.Equal(want.Files[i].Data, f.Data) {
			t.Errorf("%s differs; read it after go test -run Transcripts -update:\n%s", f.Name, f.Data)
		}
	}
}

func readOptions(t *testing.T, text []byte, view *memoryView, options *Options) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		var err error
		switch key {
		case "container clash":
			options.Clashes.Container, err = ParseClashPolicy(value)
		case "volume clash":
			options.Clashes.Volume, err = ParseClashPolicy(value)
		case "mount path clash":
			options.Clashes.MountPath, err = ParseClashPolicy(value)
		case "sort containers by name":
			options.SortContainersByName = true
		case "namespaces":
			view.err = errors.New(value)
		default:
			err = fmt.Errorf("unknown option %q", line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func transcribe(t *testing.T, engine *Engine, pod []byte) []byte {
	t.Helper()
	object, err := yaml.YAMLToJSON(pod)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	reasons, err := engine.Explain(t.Context(), "shop", object)
	if err != nil {
		fmt.Fprintf(&b, "# explain: %v\n", err)
	}
	for _, reason := range reasons {
		fmt.Fprintf(&b, "# %s\n", reason)
	}
	result, err := engine.Review(t.Context(), createPod("shop", object))
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
	for _, key := range sortedKeys(result.Audit) {
		fmt.Fprintf(&b, "# audit %s: %s\n", key, result.Audit[key])
	}
	for _, warning := range result.Warnings {
		fmt.Fprintf(&b, "# warning: %s\n", warning)
	}
	if len(result.Patch) == 0 {
		fmt.Fprintln(&b, "# unchanged")
		return b.Bytes()
	}
	after, err := yaml.JSONToYAML(applyPatch(t, object, result.Patch))
	if err != nil {
		t.Fatal(err)
	}
	b.Write(after)
	return b.Bytes()
}
