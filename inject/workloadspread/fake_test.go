package workloadspread

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/decision"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// fakeCluster is a cluster with the objects of a test.
type fakeCluster struct {
	spreads []*v1beta1.WorkloadSpread
	list    string
	// workloads are the JSON of objects by kind and name, such as "Deployment.apps/web".
	workloads map[string]string
	broken    error // of every look-up
	read      []string
	writes    int
}

func (c *fakeCluster) WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread {
	if namespace != "shop" {
		return nil
	}
	return c.spreads
}

func (c *fakeCluster) Setting(key string) (string, bool) {
	return c.list, key == whitelist.WorkloadSpreadKey
}

func (c *fakeCluster) Workload(_ context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error) {
	key := kind.GroupKind().String() + "/" + name
	c.read = append(c.read, key)
	if c.broken != nil {
		return nil, c.broken
	}
	if found, ok := c.workloads[key]; ok && namespace == "shop" {
		return json.RawMessage(found), nil
	}
	return nil, nil
}

// Take is a ledger without races: what decide returns becomes the status.
func (c *fakeCluster) Take(_ context.Context, namespace, name string, decide func(*v1beta1.WorkloadSpread) (map[string]any, error)) error {
	if c.broken != nil {
		return c.broken
	}
	for i, spread := range c.spreads {
		if spread.Name != name || namespace != "shop" {
			continue
		}
		status, err := decide(spread.DeepCopy())
		if err != nil || status == nil {
			return err
		}
		c.writes++
		before, err := json.Marshal(spread)
		if err != nil {
			return err
		}
		patch, err := json.Marshal(map[string]any{"status": status})
		if err != nil {
			return err
		}
		after, err := jsonpatch.MergePatch(before, patch)
		if err != nil {
			return err
		}
		c.spreads[i] = &v1beta1.WorkloadSpread{}
		return json.Unmarshal(after, c.spreads[i])
	}
	_, err := decide(nil)
	return err
}

func (c *fakeCluster) step() *Step {
	return New(Options{View: c, Workloads: c, Ledger: c, Now: now})
}

// spread reads a WorkloadSpread from YAML.
func spread(t *testing.T, text string) *v1beta1.WorkloadSpread {
	t.Helper()
	read := &v1beta1.WorkloadSpread{}
	if err := yaml.UnmarshalStrict([]byte(text), read); err != nil {
		t.Fatal(err)
	}
	if read.Name == "" {
		read.Name = "ws"
	}
	read.Namespace, read.UID = "shop", types.UID(read.Name)
	return read
}

// created is the review of a new pod, in JSON.
func created(pod string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		UID: "request-1", Operation: admissionv1.Create, Namespace: "shop", Object: runtime.RawExtension{Raw: []byte(pod)},
	}
}

// mutated takes the step and returns the pod as it is then.
func mutated(t *testing.T, step *Step, request *admissionv1.AdmissionRequest) (string, error) {
	t.Helper()
	raw := request.Object.Raw
	operations, err := step.Mutate(t.Context(), request, decodedPod(t, raw), raw)
	if err != nil {
		return "", err
	}
	return string(patched(t, raw, operations)), nil
}

func decodedPod(t *testing.T, raw []byte) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := json.Unmarshal(raw, pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func patched(t *testing.T, raw []byte, operations []decision.Operation) []byte {
	t.Helper()
	text, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(operations) == 0 {
		return raw
	}
	after, err := patch.Apply(raw)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, text, raw)
	}
	return after
}

// ownedBy is the JSON of a pod with an owner such as "apps/v1 ReplicaSet web-1".
func ownedBy(owner, name string, more string) string {
	var apiVersion, kind, ownerName string
	_, _ = fmt.Sscan(owner, &apiVersion, &kind, &ownerName)
	if more == "" {
		more = `"spec":{"containers":[{"name":"main"}]}`
	}
	metadata := fmt.Sprintf(`"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":"uid-of-%s","controller":true}]`, apiVersion, kind, ownerName, ownerName)
	if name != "" {
		metadata += fmt.Sprintf(`,"name":%q`, name)
	}
	return `{"metadata":{` + metadata + `,"labels":{"app":"web"}},` + more + `}`
}

// object is the JSON of an owner, which has an owner itself unless that is empty.
func object(name, owner string) string {
	if owner == "" {
		return fmt.Sprintf(`{"metadata":{"name":%q,"uid":"uid-of-%s"},"spec":{"replicas":5}}`, name, name)
	}
	var apiVersion, kind, ownerName string
	_, _ = fmt.Sscan(owner, &apiVersion, &kind, &ownerName)
	return fmt.Sprintf(`{"metadata":{"name":%q,"uid":"uid-of-%s","ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":"uid-of-%s","controller":true}]},"spec":{"replicas":5}}`,
		name, name, apiVersion, kind, ownerName, ownerName)
}
