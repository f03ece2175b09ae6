package defaults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/decision"
)

func workloadRequest(version, object, old string) *admissionv1.AdmissionRequest {
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Name: "web",
		Resource: metav1.GroupVersionResource{Group: "apps.kruise.io", Version: version},
		Object:   runtime.RawExtension{Raw: []byte(object)},
	}
	if old != "" {
		request.Operation = admissionv1.Update
		request.OldObject.Raw = []byte(old)
	}
	return request
}

// defaulted applies the patch of a review to its object.
func defaulted(t *testing.T, reviewer decision.Reviewer, request *admissionv1.AdmissionRequest) string {
	t.Helper()
	answer, err := reviewer.Review(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	if !answer.Allowed {
		t.Fatalf("refused: %s", answer.Message)
	}
	if len(answer.Patch) == 0 {
		return string(request.Object.Raw)
	}
	operations, err := json.Marshal(answer.Patch)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(operations)
	if err != nil {
		t.Fatal(err)
	}
	result, err := patch.Apply(request.Object.Raw)
	if err != nil {
		t.Fatalf("patch %s does not apply: %v", operations, err)
	}
	return string(result)
}

func compareJSON(t *testing.T, want, got string) {
	t.Helper()
	var wanted, gotten any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if err := json.Unmarshal([]byte(got), &gotten); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if diff := cmp.Diff(wanted, gotten); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

const (
	plainTemplate     = `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1.27"}]}}`
	defaultedTemplate = `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1.27","imagePullPolicy":"Always",
		"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
		"dnsPolicy":"ClusterFirst","restartPolicy":"Always","securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"}}`
	selector = `{"matchLabels":{"app":"web"}}`
)

// workloadJSON is a workload whose spec has, besides the selector, the members of rest.
func workloadJSON(rest string) string {
	return fmt.Sprintf(`{"metadata":{"name":"web"},"spec":{"selector":%s,%s}}`, selector, rest)
}

const settled = `"replicas":2,"revisionHistoryLimit":3,"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":1,"maxSurge":0}`

func TestCloneSetDefaults(t *testing.T) {
	template := `"template":` + plainTemplate
	filled := `"template":` + defaultedTemplate
	runDefaults(t, []defaultsCase[CloneSet]{
		{
			name: "v1alpha1 with nothing but selector and template", version: "v1alpha1", sent: template,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,
				"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":"20%","maxSurge":0}`,
		},
		{
			name: "v1beta1 with nothing but selector and template", version: "v1beta1", sent: template,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,
				"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","partition":0,"maxUnavailable":"20%","maxSurge":0}}`,
		},
		{
			name: "v1alpha1 given values stay", version: "v1alpha1",
			sent: template + `,"replicas":0,"revisionHistoryLimit":0,"updateStrategy":{"type":"InPlaceOnly","partition":"10%","maxUnavailable":0,"maxSurge":1,
				"inPlaceUpdateStrategy":{"gracePeriodSeconds":3}}`,
			want: filled + `,"replicas":0,"revisionHistoryLimit":0,"updateStrategy":{"type":"InPlaceOnly","partition":"10%","maxUnavailable":0,"maxSurge":1,
				"inPlaceUpdateStrategy":{"gracePeriodSeconds":3}}`,
		},
		{
			name: "v1alpha1 in place", version: "v1alpha1",
			sent: template + `,"updateStrategy":{"type":"InPlaceIfPossible"}`,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,
				"updateStrategy":{"type":"InPlaceIfPossible","partition":0,"maxUnavailable":"20%","maxSurge":0,"inPlaceUpdateStrategy":{}}`,
		},
		{
			name: "v1beta1 in place", version: "v1beta1",
			sent: template + `,"updateStrategy":{"rollingUpdate":{"podUpdatePolicy":"InPlaceOnly"}}`,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,"updateStrategy":{"type":"RollingUpdate",
				"rollingUpdate":{"podUpdatePolicy":"InPlaceOnly","partition":0,"maxUnavailable":"20%","maxSurge":0,"inPlaceUpdateStrategy":{}}}`,
		},
		{
			name: "v1beta1 OnDelete has no rollout to default", version: "v1beta1",
			sent: template + `,"updateStrategy":{"type":"OnDelete","rollingUpdate":{"partition":1}}`,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,"updateStrategy":{"type":"OnDelete","rollingUpdate":{"partition":1}}`,
		},
		{
			name: "null strategy", version: "v1alpha1", sent: template + `,"updateStrategy":null,"replicas":null`,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,
				"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":"20%","maxSurge":0}`,
		},
		{
			name: "claim templates", version: "v1alpha1",
			sent: settled + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"resources":{"requests":{"storage":"2048Mi"}}}}]`,
			want: settled + `,` + filled + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"resources":{"requests":{"storage":"2Gi"}}},"status":{"phase":"Pending"}}]`,
		},
		{
			name: "members unknown to this build stay", version: "v1alpha1",
			sent: settled + `,"colour":"red","template":{"spec":{"containers":[{"name":"web","image":"x","colour":"blue"}]}}`,
			want: settled + `,"colour":"red","template":{"spec":{"containers":[{"name":"web","image":"x","colour":"blue","imagePullPolicy":"Always",
				"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
				"dnsPolicy":"ClusterFirst","restartPolicy":"Always","securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"}}`,
		},
		{
			name: "update with the same template leaves template and claims alone", version: "v1alpha1",
			sent: settled + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
			old:  settled + `,` + template,
			want: settled + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
		},
		{
			name: "update with another template defaults it", version: "v1beta1",
			sent: template + `,"replicas":2,"revisionHistoryLimit":3,"updateStrategy":{"type":"OnDelete"}`,
			old:  `"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.26"}]}}`,
			want: filled + `,"replicas":2,"revisionHistoryLimit":3,"updateStrategy":{"type":"OnDelete"}`,
		},
		{
			name: "gate TemplateNoDefaults", version: "v1alpha1", reviewer: CloneSet{NoTemplateDefaults: true},
			sent: template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
			want: template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}],"replicas":1,"revisionHistoryLimit":10,
				"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":"20%","maxSurge":0}`,
		},
		{
			name: "gate for host ports", version: "v1alpha1", reviewer: CloneSet{HostPorts: true},
			sent: settled + `,"template":{"spec":{"hostNetwork":true,"dnsPolicy":"Default","restartPolicy":"Always","securityContext":{},
				"terminationGracePeriodSeconds":1,"schedulerName":"s","containers":[]
				,"initContainers":[{"name":"i","image":"x:1","imagePullPolicy":"Never","terminationMessagePath":"/t","terminationMessagePolicy":"File",
				"ports":[{"containerPort":8080}]}]}}`,
			want: settled + `,"template":{"spec":{"hostNetwork":true,"dnsPolicy":"Default","restartPolicy":"Always","securityContext":{},
				"terminationGracePeriodSeconds":1,"schedulerName":"s","containers":[]
				,"initContainers":[{"name":"i","image":"x:1","imagePullPolicy":"Never","terminationMessagePath":"/t","terminationMessagePolicy":"File",
				"ports":[{"containerPort":8080,"hostPort":8080,"protocol":"TCP"}]}]}}`,
		},
	})
}

func TestCloneSetDefaultsRefuseWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object, old string }{
		{"unknown version", "v1", workloadJSON(settled), ""},
		{"no object", "v1alpha1", "", ""},
		{"an array", "v1alpha1", "[]", ""},
		{"another kind", "v1alpha1", `{"kind":"DaemonSet"}`, ""},
		{"another version", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1beta1"}`, ""},
		{"a boolean partition", "v1alpha1", workloadJSON(`"updateStrategy":{"partition":true}`), ""},
		{"a text as replicas", "v1beta1", workloadJSON(`"replicas":"2"`), ""},
		{"an old object that is a text", "v1alpha1", workloadJSON(settled), `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := CloneSet{}.Review(context.Background(), workloadRequest(test.version, test.object, test.old))
			if err != nil || answer.Allowed || answer.Code != 400 || answer.Message == "" {
				t.Errorf("answer %+v, error %v; want 400", answer, err)
			}
		})
	}
}

// cluster answers as the API server of a cluster would.
type cluster func(template map[string]any, claims []string) (defaulted string, causes []metav1.StatusCause, err error)

func (c cluster) CheckTemplate(_ context.Context, template json.RawMessage, claims []string) (
	json.RawMessage, []metav1.StatusCause, []metav1.StatusCause, error,
) {
	var members map[string]any
	if err := json.Unmarshal(template, &members); err != nil {
		return nil, nil, nil, err
	}
	defaulted, causes, err := c(members, claims)
	return json.RawMessage(defaulted), causes, nil, err
}

func TestClusterDefaultsAddWhatOnlyTheClusterKnows(t *testing.T) {
	newer := cluster(func(template map[string]any, claims []string) (string, []metav1.StatusCause, error) {
		if diff := cmp.Diff([]string{"data", ""}, claims); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
		spec := template["spec"].(map[string]any)
		if spec["dnsPolicy"] != "ClusterFirst" {
			t.Error("the cluster was asked before OpenKruise's defaults were written")
		}
		return `{"metadata":{"creationTimestamp":null,"labels":{"app":"web"}},"spec":{
			"volumes":[{"name":"models","image":{"reference":"models:1","pullPolicy":"IfNotPresent"}},
				{"name":"data","persistentVolumeClaim":{"claimName":"data"}}],
			"containers":[{"name":"web","image":"nginx:1.27","resources":{},"imagePullPolicy":"IfNotPresent","wink":{"left":true,"right":{}}}],
			"dnsPolicy":"ClusterFirst","serviceAccountName":"robot","serviceAccount":"robot","mood":"good"}}`, nil, nil
	})
	sent := settled + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"status":{"phase":"Pending"}},{"status":{"phase":"Pending"}}],
		"template":{"metadata":{"labels":{"app":"web"}},"spec":{"serviceAccountName":"robot","volumes":[{"name":"models","image":{"reference":"models:1"}}],
			"containers":[{"name":"web","image":"nginx:1.27","colour":"red"}]}}`
	want := settled + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"status":{"phase":"Pending"}},{"status":{"phase":"Pending"}}],
		"template":{"metadata":{"labels":{"app":"web"}},"spec":{"serviceAccountName":"robot",
			"volumes":[{"name":"models","image":{"reference":"models:1","pullPolicy":"IfNotPresent"}}],
			"containers":[{"name":"web","image":"nginx:1.27","colour":"red","imagePullPolicy":"Always","wink":{"left":true},
				"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
			"dnsPolicy":"ClusterFirst","restartPolicy":"Always","securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler",
			"mood":"good"}}`
	got := defaulted(t, CloneSet{Templates: newer}, workloadRequest("v1alpha1", workloadJSON(sent), ""))
	compareJSON(t, workloadJSON(want), got)
}

func TestClusterDefaultsOfARefusedTemplateAreOpenKruises(t *testing.T) {
	refusing := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		return "", []metav1.StatusCause{{Message: "no"}}, nil
	})
	got := defaulted(t, CloneSet{Templates: refusing}, workloadRequest("v1alpha1", workloadJSON(settled+`,"template":`+plainTemplate), ""))
	compareJSON(t, workloadJSON(settled+`,"template":`+defaultedTemplate), got)
}

func TestClusterThatDoesNotAnswerIsCannotTell(t *testing.T) {
	unreachable := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		return "", nil, decision.CannotTell("connection refused")
	})
	_, err := CloneSet{Templates: unreachable}.Review(context.Background(), workloadRequest("v1alpha1", workloadJSON(settled+`,"template":`+plainTemplate), ""))
	var unable *decision.Unable
	if !errors.As(err, &unable) {
		t.Errorf("error %v, want cannot tell", err)
	}
}

func TestClusterIsNotAskedAboutATemplateThatStays(t *testing.T) {
	asked := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		t.Error("asked")
		return `{}`, nil, nil
	})
	object := workloadJSON(settled + `,"template":` + plainTemplate)
	defaulted(t, CloneSet{Templates: asked}, workloadRequest("v1alpha1", object, object))
	defaulted(t, CloneSet{Templates: asked, NoTemplateDefaults: true}, workloadRequest("v1alpha1", object, ""))
}

func TestPodTemplate(t *testing.T) {
	got, err := PodTemplate(json.RawMessage(plainTemplate), false)
	if err != nil {
		t.Fatal(err)
	}
	compareJSON(t, defaultedTemplate, string(got))
	if _, err := PodTemplate(json.RawMessage(`[]`), false); err == nil {
		t.Error("an array is accepted")
	}
}

func FuzzCloneSetDefaults(f *testing.F) {
	f.Add("v1alpha1", workloadJSON(settled+`,"template":`+plainTemplate), "")
	f.Add("v1beta1", workloadJSON(`"updateStrategy":{"rollingUpdate":null},"template":{"spec":{"containers":[null],"volumes":[{}]}}`), `{}`)
	f.Add("v1beta1", `{"metadata":null,"spec":{"volumeClaimTemplates":[null,{"status":{"capacity":{"storage":"1.5"}}}]}}`, `null`)
	answering := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		return `{"metadata":{"labels":{"a":"b"}},"spec":{"volumes":[{"name":"x","emptyDir":{"medium":"y"}}],"containers":[{"tty":true}],"os":{"name":"linux"}}}`, nil, nil
	})
	fuzzDefaults(f, CloneSet{}, CloneSet{Templates: answering, HostPorts: true})
}
