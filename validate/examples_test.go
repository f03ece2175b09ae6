package validate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// readExample returns an example of a CloneSet as the API server stores it: with a namespace, and defaulted.
func readExample(t *testing.T, name string, old []byte) []byte {
	t.Helper()
	return storedExample(t, cloneSetKind, defaults.CloneSet{}, onlyAlpha, name, old)
}

// storedExample returns an example manifest as the API server stores it.
func storedExample(t *testing.T, kind workloadKind, defaulter decision.Reviewer, version, name string, old []byte) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := yaml.UnmarshalStrict(text, &object); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	metadata := object["metadata"].(map[string]any)
	metadata["namespace"], metadata["uid"], metadata["resourceVersion"] = "default", "u1", "1"
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := defaulter.Review(t.Context(), kind.request(version, raw, old))
	if err != nil || !answer.Allowed {
		t.Fatalf("defaulting %s: %+v, %v", name, answer, err)
	}
	patched, err := apply(raw, answer.Patch)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(patched)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// TestExamples applies the manifests of the tutorials in their order.
func TestExamples(t *testing.T) {
	pods := podsByName{"nginx-2-t55h8": {Name: "nginx-2-t55h8",
		OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "nginx-2", UID: "u1", Controller: ptr.To(true)}}}}
	for _, test := range []struct{ name, after, refusal string }{
		{name: "cloneset-nginx-alpine.yaml"},
		{name: "cloneset-nginx-2.yaml"},
		{name: "cloneset-nginx-2-wrong-volume.yaml",
			refusal: `Not found: "data-vol": the only volume claim template is "rbd": use that name or rename the claim template`},
		{name: "cloneset-nginx-2-update.yaml", after: "cloneset-nginx-2.yaml"},
		{name: "cloneset-nginx-2-paused.yaml", after: "cloneset-nginx-2-update.yaml"},
		{name: "cloneset-nginx-2-pods-to-delete.yaml", after: "cloneset-nginx-2.yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var old []byte
			if test.after != "" {
				old = readExample(t, test.after, nil)
			}
			answer := reviewCloneSet(t, validate.CloneSet{Defaults: withDefaults, Pods: pods}, onlyAlpha, readExample(t, test.name, old), old)
			if answer.Allowed != (test.refusal == "") || !strings.Contains(answer.Message, test.refusal) {
				t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
			}
			if len(answer.Warnings) > 0 {
				t.Errorf("warnings %q", answer.Warnings)
			}
		})
	}
}

// The pod of the last example does not exist where nobody has made it.
func TestExamplePodToDeleteMustExist(t *testing.T) {
	old := readExample(t, "cloneset-nginx-2.yaml", nil)
	answer := reviewCloneSet(t, validate.CloneSet{Pods: podsByName{}}, onlyAlpha, readExample(t, "cloneset-nginx-2-pods-to-delete.yaml", old), old)
	if want := `"nginx-2-t55h8": there is no such pod in namespace "default"`; answer.Allowed || !strings.Contains(answer.Message, want) {
		t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
	}
}

// TestExamplesOfOtherWorkloads creates each and updates it.
func TestExamplesOfOtherWorkloads(t *testing.T) {
	for _, test := range []struct {
		name                 string
		kind                 workloadKind
		defaulter, validator decision.Reviewer
	}{
		{"statefulset-redis.yaml", statefulSetKind, defaults.StatefulSet{AutoDeletePVC: true}, validate.StatefulSet{Defaults: withDefaults}},
		{"daemonset-node-exporter.yaml", daemonSetKind, defaults.DaemonSet{}, validate.DaemonSet{Defaults: withDefaults}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stored := storedExample(t, test.kind, test.defaulter, onlyBeta, test.name, nil)
			for _, old := range [][]byte{nil, bytes.ReplaceAll(stored, []byte(`"image":"`), []byte(`"image":"older.example.com/`))} {
				answer := test.kind.review(t, test.validator, onlyBeta, stored, old)
				if !answer.Allowed || len(answer.Warnings) > 0 {
					t.Errorf("allowed: %t, message: %s, warnings: %q", answer.Allowed, answer.Message, answer.Warnings)
				}
			}
		})
	}
}
