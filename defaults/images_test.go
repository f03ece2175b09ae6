package defaults

// The defaults of jobs and nodes that pull images.

import (
	"context"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// imageCase is an object without apiVersion and kind, before and after.
type imageCase struct {
	name, version string
	operation     admissionv1.Operation // CREATE when empty
	sent, want    string
	// operations is the number of patch operations, where a test is about it.
	operations int
}

func runImageCases(t *testing.T, reviewer decision.Reviewer, kind string, cases []imageCase) {
	t.Helper()
	for _, test := range cases {
		versions := []string{test.version}
		if test.version == "" {
			versions = []string{"v1alpha1", "v1beta1"}
		}
		for _, version := range versions {
			t.Run(test.name+" "+version, func(t *testing.T) {
				head := `{"apiVersion":"apps.kruise.io/` + version + `","kind":"` + kind + `",`
				request := workloadRequest(version, head+test.sent+"}", "")
				if test.operation != "" {
					request.Operation = test.operation
				}
				got := defaulted(t, reviewer, request)
				compareJSON(t, head+test.want+"}", got)
				if answer, err := reviewer.Review(context.Background(), request); test.operations > 0 && (err != nil || len(answer.Patch) != test.operations) {
					t.Errorf("%d operations, want %d: %s", len(answer.Patch), test.operations, answer.Patch)
				}
				request.Object.Raw = []byte(got)
				if again, err := reviewer.Review(context.Background(), request); err != nil || len(again.Patch) > 0 {
					t.Errorf("defaulting again changes %v (error %v)", again.Patch, err)
				}
			})
		}
	}
}

func TestImagePullJobDefaults(t *testing.T) {
	const complete = `"completionPolicy":{"type":"Always"},"pullPolicy":{"timeoutSeconds":600,"backoffLimit":3},"imagePullPolicy":"IfNotPresent"`
	runImageCases(t, ImagePullJob{}, "ImagePullJob", []imageCase{
		{
			name: "24 created with empty policies", version: "v1alpha1", sent: `"metadata":{"name":"j"},"spec":{"image":"a","completionPolicy":{}}`,
			want: `"metadata":{"name":"j","finalizers":["apps.kruise.io/deletion-protection"]},"spec":{"image":"a",` + complete + `}`,
		},
		{
			name: "25 created with empty policies", version: "v1beta1", sent: `"metadata":{"name":"j"},"spec":{"image":"a","completionPolicy":{}}`,
			want: `"metadata":{"name":"j"},"spec":{"image":"a",` + complete + `}`,
		},
		{
			name: "26 and 27 half a pullPolicy and nothing else to default", operation: admissionv1.Update,
			sent: `"spec":{"completionPolicy":{"type":"Always"},"imagePullPolicy":"Always","pullPolicy":{"timeoutSeconds":30}}`,
			want: `"spec":{"completionPolicy":{"type":"Always"},"imagePullPolicy":"Always","pullPolicy":{"timeoutSeconds":30,"backoffLimit":3}}`,
		},
		{
			name: "28 updated, no finalizer", operation: admissionv1.Update, sent: `"metadata":{"name":"j"},"spec":{"completionPolicy":null}`,
			want: `"metadata":{"name":"j"},"spec":{` + complete + `}`,
		},
		{
			name: "other finalizers stay", version: "v1alpha1", sent: `"metadata":{"finalizers":["a/b"]},"spec":{"new":[null]}`,
			want: `"metadata":{"finalizers":["a/b","apps.kruise.io/deletion-protection"]},"spec":{"new":[null],` + complete + `}`,
		},
		{
			name: "the finalizer is there already", version: "v1alpha1", sent: `"metadata":{"finalizers":["apps.kruise.io/deletion-protection","a/b"]}`,
			want: `"metadata":{"finalizers":["apps.kruise.io/deletion-protection","a/b"]},"spec":{` + complete + `}`,
		},
		{
			name: "what is given stays", version: "v1beta1",
			sent: `"spec":{"completionPolicy":{"type":"Never"},"pullPolicy":{"timeoutSeconds":0,"backoffLimit":0},"imagePullPolicy":"Foo"}`,
			want: `"spec":{"completionPolicy":{"type":"Never"},"pullPolicy":{"timeoutSeconds":0,"backoffLimit":0},"imagePullPolicy":"Foo"}`,
		},
	})
}

func TestImageListPullJobDefaults(t *testing.T) {
	runImageCases(t, ImageListPullJob{}, "ImageListPullJob", []imageCase{
		{
			name: "created with empty policies, no finalizer and no imagePullPolicy", sent: `"metadata":{"name":"j"},"spec":{"images":["a"],"completionPolicy":{}}`,
			want: `"metadata":{"name":"j"},"spec":{"images":["a"],"completionPolicy":{"type":"Always"},"pullPolicy":{"timeoutSeconds":600,"backoffLimit":3}}`,
		},
		{
			name: "half a pullPolicy and nothing else to default", sent: `"spec":{"completionPolicy":{"type":"Never"},"pullPolicy":{"backoffLimit":0}}`,
			want: `"spec":{"completionPolicy":{"type":"Never"},"pullPolicy":{"backoffLimit":0,"timeoutSeconds":600}}`,
		},
	})
}

func noon() time.Time { return time.Date(2026, 5, 1, 14, 0, 0, 5, time.FixedZone("", 2*60*60)) }

func TestNodeImageDefaults(t *testing.T) {
	const policy = `"pullPolicy":{"timeoutSeconds":600,"backoffLimit":3}`
	runImageCases(t, NodeImage{Clock: noon}, "NodeImage", []imageCase{
		{name: "no images", sent: `"spec":{"images":null}`, want: `"spec":{"images":null}`},
		{name: "an image without tags", sent: `"spec":{"images":{"a":null,"b":{},"c":{"tags":null}}}`, want: `"spec":{"images":{"a":null,"b":{},"c":{"tags":null}}}`},
		{
			name: "31 tags are sorted, and complete", sent: `"spec":{"images":{"r.local/nginx":{"tags":[{"tag":"b","new":1.50},{"tag":"a"}],"pullSecrets":[]}}}`,
			want: `"spec":{"images":{"r.local/nginx":{"tags":[{"tag":"a","createdAt":"2026-05-01T12:00:00Z",` + policy + `},
				{"tag":"b","new":1.50,"createdAt":"2026-05-01T12:00:00Z",` + policy + `}],"pullSecrets":[]}}}`,
			operations: 1,
		},
		{
			name: "what is given stays", sent: `"spec":{"images":{"a":{"tags":[{"tag":"B","createdAt":"2020-01-01T00:00:00Z","pullPolicy":{"timeoutSeconds":1,"ttlSecondsAfterFinished":5}},
				{"tag":"a","createdAt":null,"pullPolicy":{"backoffLimit":0,"timeoutSeconds":600}}]}}}`,
			want: `"spec":{"images":{"a":{"tags":[{"tag":"B","createdAt":"2020-01-01T00:00:00Z","pullPolicy":{"timeoutSeconds":1,"backoffLimit":3,"ttlSecondsAfterFinished":5}},
				{"tag":"a","createdAt":"2026-05-01T12:00:00Z","pullPolicy":{"backoffLimit":0,"timeoutSeconds":600}}]}}}`,
			operations: 2,
		},
		{
			name: "equal tags keep their order, and those that are null come first", sent: `"spec":{"images":{"a":{"tags":[{"tag":"x","createdAt":"2020-01-01T00:00:00Z"},null,{"tag":"x"}]}}}`,
			want: `"spec":{"images":{"a":{"tags":[{"createdAt":"2026-05-01T12:00:00Z",` + policy + `},
				{"tag":"x","createdAt":"2020-01-01T00:00:00Z",` + policy + `},{"tag":"x","createdAt":"2026-05-01T12:00:00Z",` + policy + `}]}}}`,
			operations: 1,
		},
		{
			name: "tags in the status are sorted only", sent: `"status":{"imageStatuses":{"a":{"tags":[{"tag":"b","phase":"Failed"},{"tag":"a"}]}}}`,
			want: `"status":{"imageStatuses":{"a":{"tags":[{"tag":"a"},{"tag":"b","phase":"Failed"}]}}}`,
		},
	})
}

func TestImageKindsThatCannotBeRead(t *testing.T) {
	for kind, reviewer := range map[string]decision.Reviewer{
		"ImagePullJob": ImagePullJob{}, "ImageListPullJob": ImageListPullJob{}, "NodeImage": NodeImage{Clock: noon},
	} {
		for name, test := range map[string]struct{ version, object string }{
			"another version":        {"v1", `{}`},
			"a version in the body":  {"v1beta1", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"` + kind + `"}`},
			"another kind":           {"v1alpha1", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"DaemonSet"}`},
			"a spec of another type": {"v1alpha1", `{"spec":"text"}`},
			"no object":              {"v1beta1", ``},
		} {
			answer, err := reviewer.Review(context.Background(), workloadRequest(test.version, test.object, ""))
			if err != nil || answer.Allowed || answer.Code != 400 || answer.Message == "" {
				t.Errorf("%s, %s: %+v, error %v", kind, name, answer, err)
			}
		}
	}
}

func FuzzImageDefaults(f *testing.F) {
	f.Add("v1alpha1", `{"metadata":{"finalizers":[]},"spec":{"pullPolicy":{"backoffLimit":1},"completionPolicy":null}}`, "")
	f.Add("v1beta1", `{"metadata":null,"spec":null}`, "{}")
	f.Add("v1beta1", `{"spec":{"images":{"a":{"tags":[{"tag":"b"},null,{"tag":"a","pullPolicy":null}]},"":null}},"status":{"imageStatuses":{"a":{"tags":[{"tag":"b"},{}]}}}}`, "")
	fuzzDefaults(f, ImagePullJob{}, ImageListPullJob{}, NodeImage{Clock: noon})
}
