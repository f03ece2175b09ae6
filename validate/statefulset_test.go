package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

const statefulSetSpec = `"spec":{"replicas":3,"podManagementPolicy":"OrderedReady","serviceName":"abc","selector":{"matchLabels":{"a":"b"}},
	"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"abc","image":"image"}]}},
	"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0,"maxUnavailable":1,"podUpdatePolicy":"ReCreate","minReadySeconds":0}}}`

var statefulSetKind = workloadKind{
	resource: "statefulsets",
	base: map[string]string{
		onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"StatefulSet","metadata":{"name":"abc","namespace":"default","uid":"u1","resourceVersion":"1"},` + statefulSetSpec + `}`,
		onlyBeta:  `{"apiVersion":"apps.kruise.io/v1beta1","kind":"StatefulSet","metadata":{"name":"abc","namespace":"default","uid":"u1","resourceVersion":"1"},` + statefulSetSpec + `}`,
	},
	update: map[string]string{onlyAlpha: "spec.updateStrategy.rollingUpdate", onlyBeta: "spec.updateStrategy.rollingUpdate"},
	policy: map[string]string{onlyAlpha: "spec.updateStrategy.rollingUpdate.podUpdatePolicy", onlyBeta: "spec.updateStrategy.rollingUpdate.podUpdatePolicy"},
}

// classesByName are the storage classes of a cluster; the one named "default" is what its name says.
type classesByName map[string]*storagev1.StorageClass

func (c classesByName) StorageClass(_ context.Context, name string) (*storagev1.StorageClass, error) {
	return c[name], nil
}

func (c classesByName) DefaultStorageClass(context.Context) (*storagev1.StorageClass, error) {
	return c["default"], nil
}

var classesInCluster = classesByName{
	"expand": {ObjectMeta: metav1.ObjectMeta{Name: "expand"}, AllowVolumeExpansion: ptr.To(true)},
	"fixed":  {ObjectMeta: metav1.ObjectMeta{Name: "fixed"}, AllowVolumeExpansion: ptr.To(false)},
	"silent": {ObjectMeta: metav1.ObjectMeta{Name: "silent"}},
}

func TestStatefulSet(t *testing.T) {
	runCases(t, statefulSetKind, statefulSetCases, func(reviewer validate.StatefulSet) validate.StatefulSet {
		reviewer.Defaults = withDefaults
		if reviewer.StorageClasses == nil {
			reviewer.StorageClasses = classesInCluster
		}
		return reviewer
	})
}

// Cases 42, 75 and 76 of the specification are package defaults', 78 is package protection's.
func TestEveryStatefulSetRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, statefulSetCases, 29, 5, 78, 42, 75, 76, 78)
}

// What v1alpha1 keeps in an annotation for v1beta1 is stored as fields, so it is checked as they are.
func TestFieldsThatV1alpha1KeepsInAnAnnotationAreChecked(t *testing.T) {
	keep := func(members string) []string {
		annotation, err := json.Marshal(map[string]string{"kruise-admission.io/v1beta1-spec": members})
		if err != nil {
			t.Fatal(err)
		}
		return []string{"metadata.annotations = " + string(annotation)}
	}
	for _, test := range []struct{ name, members, want string }{
		{"valid", `{"reserveOrdinals":[1,"3-5"],"scaleStrategy":{"maxUnavailable":1}}`, ""},
		{"invalid", `{"reserveOrdinals":["5-3"]}`, "metadata.annotations[kruise-admission.io/v1beta1-spec].reserveOrdinals[0]"},
		{"not what it should be", `{"reserveOrdinals":"all"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := statefulSetKind.review(t, validate.StatefulSet{}, onlyAlpha, statefulSetKind.edited(t, onlyAlpha, keep(test.members)), nil)
			if answer.Allowed != (test.want == "") || !strings.Contains(answer.Message, test.want) {
				t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
			}
		})
	}
}

func resized(t *testing.T, size, class string) []byte {
	t.Helper()
	return statefulSetKind.edited(t, onlyBeta, []string{rolling, claims(claim("data", size, class))})
}

type brokenClasses struct{}

func (brokenClasses) StorageClass(context.Context, string) (*storagev1.StorageClass, error) {
	return nil, errors.New("connection refused")
}

func (brokenClasses) DefaultStorageClass(context.Context) (*storagev1.StorageClass, error) {
	return nil, errors.New("connection refused")
}

func TestAStorageClassThatCannotBeReadIsCannotTell(t *testing.T) {
	for name, class := range map[string]string{"named": "expand", "the default": ""} {
		t.Run(name, func(t *testing.T) {
			reviewer := validate.StatefulSet{AutoResizePVC: true, StorageClasses: brokenClasses{}}
			request := statefulSetKind.request(onlyBeta, resized(t, "3Gi", class), resized(t, "2Gi", class))
			answer, err := reviewer.Review(context.Background(), request)
			var unable *decision.Unable
			if !errors.As(err, &unable) {
				t.Errorf("answer %+v, error %v; want cannot tell", answer, err)
			}
		})
	}
}

func TestStorageClassesAreNotLookedUpWithoutACluster(t *testing.T) {
	answer := statefulSetKind.review(t, validate.StatefulSet{AutoResizePVC: true}, onlyBeta, resized(t, "3Gi", "expand"), resized(t, "2Gi", "expand"))
	if !answer.Allowed || !strings.Contains(answer.Audit["claim-resize"], "without an API server") {
		t.Errorf("allowed %t, audit %v", answer.Allowed, answer.Audit)
	}
}

// The first class that will not do ends the looking up, so that a request cannot ask for thousands.
func TestTheFirstUselessClassEndsTheLookUps(t *testing.T) {
	var before, after []string
	for _, name := range []string{"a", "b", "c"} {
		before, after = append(before, claim(name, "1Gi", "gone")), append(after, claim(name, "2Gi", "gone"))
	}
	asked := &countingClasses{}
	answer := statefulSetKind.review(t, validate.StatefulSet{AutoResizePVC: true, StorageClasses: asked}, onlyBeta,
		statefulSetKind.edited(t, onlyBeta, []string{rolling, claims(after...)}), statefulSetKind.edited(t, onlyBeta, []string{rolling, claims(before...)}))
	if answer.Allowed || asked.count != 1 {
		t.Errorf("allowed %t, asked %d times, want once", answer.Allowed, asked.count)
	}
}

type countingClasses struct {
	classesByName
	count int
}

func (c *countingClasses) StorageClass(context.Context, string) (*storagev1.StorageClass, error) {
	c.count++
	return nil, nil
}

// A claim that takes the place of a volume is what the API server is asked about: a block device for example needs a claim.
func TestClaimsTakeThePlaceOfVolumesInTheQuestion(t *testing.T) {
	var asked string
	cluster := &cluster{answer: func(template string) clusterAnswer {
		asked = template
		return clusterAnswer{defaulted: `{}`}
	}}
	answer := statefulSetKind.review(t, validate.StatefulSet{Templates: cluster}, onlyBeta, statefulSetKind.edited(t, onlyBeta, []string{
		`S.volumes = [{"name":"other","emptyDir":{}},{"name":"data","emptyDir":{}}]`, `C.volumeDevices = [{"name":"data","devicePath":"/dev/x"}]`,
		claims(claim("data", "1Gi", "expand"))}), nil)
	if !answer.Allowed {
		t.Errorf("refused: %s", answer.Message)
	}
	if want := `"volumes":[{"emptyDir":{},"name":"other"},{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]`; !strings.Contains(asked, want) {
		t.Errorf("asked about %s, want %s in it", asked, want)
	}
}

func TestStatefulSetTemplateIsJudgedByTheCluster(t *testing.T) {
	object := statefulSetKind.edited(t, onlyAlpha, []string{claims(claim("data", "1Gi", ""))})
	refusing := always(clusterAnswer{causes: []metav1.StatusCause{{Type: "FieldValueInvalid", Field: "spec.os.name", Message: "no"}}})
	answer := statefulSetKind.review(t, validate.StatefulSet{Templates: refusing}, onlyAlpha, object, nil)
	want := []metav1.StatusCause{{Type: "FieldValueInvalid", Field: "spec.template.spec.os.name", Message: "no"}}
	if diff := cmp.Diff(want, answer.Causes); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"data"}}, refusing.claims); diff != "" {
		t.Errorf("asked with claims (-want +got):\n%s", diff)
	}
	unreachable := validate.StatefulSet{Templates: always(clusterAnswer{err: decision.CannotTell("connection refused")})}
	var unable *decision.Unable
	if answer, err := unreachable.Review(t.Context(), statefulSetKind.request(onlyAlpha, object, nil)); !errors.As(err, &unable) {
		t.Errorf("answer %+v, error %v; want cannot tell", answer, err)
	}
}

// FuzzStatefulSet holds that any two objects give a decision: an allowance, or a refusal that says why.
func FuzzStatefulSet(f *testing.F) {
	for version, object := range statefulSetKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyBeta, `{"spec":{"reserveOrdinals":["-","1-",null],"volumeClaimTemplates":[null,{}],"volumeClaimUpdateStrategy":{"type":"x"}}}`,
		`{"spec":{"volumeClaimUpdateStrategy":{"type":"x"},"volumeClaimTemplates":[{},{"metadata":{"name":"a"}}]}}`)
	f.Add(onlyBeta, `{"spec":{"volumeClaimTemplates":[{"metadata":{"name":"a"}}],"template":{"spec":{"volumes":[{"name":"a"}]}}}}`, `{}`)
	f.Add(onlyAlpha, `{"metadata":{"annotations":{"kruise-admission.io/v1beta1-spec":"{\"scaleStrategy\":null,\"ordinals\":{\"start\":-1}}"}}}`, ``)
	f.Add(onlyBeta, `{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"InPlaceOnly","unorderedUpdate":{}}}}}`, `{"spec":null}`)
	fuzzReviewers(f, statefulSetKind,
		validate.StatefulSet{},
		validate.StatefulSet{Templates: always(clusterAnswer{defaulted: `{"spec":{"containers":[{}]}}`}), Defaults: withDefaults, StorageClasses: classesInCluster, AutoResizePVC: true},
		validate.StatefulSet{Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}}), NamesWarnOnly: true},
	)
}
