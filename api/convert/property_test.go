package convert_test

import (
	"encoding/json"
	"math/rand"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/randfill"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

const rounds = 50

// versions ties a kind's two types together. All functions start with a random object, in which keep has put what
// can be kept word for word.
type versions struct {
	group            string // empty: apps.kruise.io
	kind             string
	newAlpha         func() metav1.Object
	newBeta          func() metav1.Object
	up               func(alpha metav1.Object) metav1.Object
	down             func(beta metav1.Object) metav1.Object
	keepAlpha        func(alpha metav1.Object, r *rand.Rand)
	keepBeta         func(beta metav1.Object, r *rand.Rand)
	labels, annotate []string
}

var kinds = []versions{{
	kind:     "SidecarSet",
	newAlpha: func() metav1.Object { return &v1alpha1.SidecarSet{} },
	newBeta:  func() metav1.Object { return &v1beta1.SidecarSet{} },
	up: func(alpha metav1.Object) metav1.Object {
		beta := &v1beta1.SidecarSet{}
		must(alpha.(*v1alpha1.SidecarSet).ConvertTo(beta))
		return beta
	},
	down: func(beta metav1.Object) metav1.Object {
		alpha := &v1alpha1.SidecarSet{}
		must(alpha.ConvertFrom(beta.(*v1beta1.SidecarSet)))
		return alpha
	},
	keepAlpha: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1alpha1.SidecarSet)
		if set.Spec.Namespace != "" {
			set.Spec.NamespaceSelector = nil
		}
		delete(set.Annotations, v1alpha1.KeptNamespaceKey)
		if set.Labels[sidecarset.CustomVersionLabel] == "" {
			delete(set.Labels, sidecarset.CustomVersionLabel)
		}
	},
	keepBeta: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1beta1.SidecarSet)
		delete(set.Labels, sidecarset.CustomVersionLabel)
		delete(set.Annotations, v1alpha1.KeptNamespaceKey)
	},
	labels:   []string{sidecarset.CustomVersionLabel},
	annotate: []string{v1alpha1.KeptNamespaceKey},
}, {
	kind:     "CloneSet",
	newAlpha: func() metav1.Object { return &v1alpha1.CloneSet{} },
	newBeta:  func() metav1.Object { return &v1beta1.CloneSet{} },
	up: func(alpha metav1.Object) metav1.Object {
		beta := &v1beta1.CloneSet{}
		must(alpha.(*v1alpha1.CloneSet).ConvertTo(beta))
		return beta
	},
	down: func(beta metav1.Object) metav1.Object {
		alpha := &v1alpha1.CloneSet{}
		must(alpha.ConvertFrom(beta.(*v1beta1.CloneSet)))
		return alpha
	},
	keepAlpha: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1alpha1.CloneSet)
		set.Spec.UpdateStrategy.Type = pick(r, v1alpha1.RecreateCloneSetUpdateStrategyType,
			v1alpha1.InPlaceIfPossibleCloneSetUpdateStrategyType, v1alpha1.InPlaceOnlyCloneSetUpdateStrategyType,
			v1alpha1.OnDeleteCloneSetUpdateStrategyType)
		if set.Spec.UpdateStrategy.Type != v1alpha1.OnDeleteCloneSetUpdateStrategyType || set.Annotations[v1alpha1.KeptPodUpdatePolicyKey] == "" {
			delete(set.Annotations, v1alpha1.KeptPodUpdatePolicyKey)
		}
		set.Spec.UpdateStrategy.InPlaceUpdateStrategy = pick(r, nil, &v1beta1.InPlaceUpdateStrategy{GracePeriodSeconds: 5})
	},
	keepBeta: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1beta1.CloneSet)
		strategy := &set.Spec.UpdateStrategy
		strategy.Type = pick(r, v1beta1.RollingUpdateCloneSetUpdateStrategyType, v1beta1.OnDeleteCloneSetUpdateStrategyType)
		if strategy.RollingUpdate == nil {
			strategy.RollingUpdate = &v1beta1.RollingUpdateCloneSetStrategy{}
		}
		strategy.RollingUpdate.PodUpdatePolicy = pick(r, v1beta1.RecreatePodUpdateStrategyType,
			v1beta1.InPlaceIfPossiblePodUpdateStrategyType, v1beta1.InPlaceOnlyPodUpdateStrategyType)
		strategy.RollingUpdate.InPlaceUpdateStrategy = pick(r, nil, &v1beta1.InPlaceUpdateStrategy{
			GracePeriodSeconds:                  pick[int32](r, 0, 7),
			ImagePreDownloadParallelism:         pick(r, nil, ptr.To(intstr.FromInt32(3)), ptr.To(intstr.FromString("50%"))),
			ImagePreDownloadTimeoutSeconds:      pick(r, ptr.To[int32](0), ptr.To[int32](-1)),
			ImagePreDownloadMinUpdatedReadyPods: pick(r, nil, ptr.To[int32](9)),
		})
		for _, key := range []string{v1alpha1.KeptPodUpdatePolicyKey, v1alpha1.ImagePreDownloadParallelismKey,
			v1alpha1.ImagePreDownloadTimeoutSecondsKey, v1alpha1.ImagePreDownloadMinUpdatedReadyPodsKey} {
			delete(set.Annotations, key)
		}
		delete(set.Labels, v1alpha1.CloneSetScalingExcludePreparingDeleteKey)
		if set.Spec.ScaleStrategy.ExcludePreparingDelete {
			metav1.SetMetaDataLabel(&set.ObjectMeta, v1alpha1.CloneSetScalingExcludePreparingDeleteKey, "true")
		}
	},
	labels: []string{v1alpha1.CloneSetScalingExcludePreparingDeleteKey},
	annotate: []string{v1alpha1.KeptPodUpdatePolicyKey, v1alpha1.ImagePreDownloadParallelismKey,
		v1alpha1.ImagePreDownloadTimeoutSecondsKey, v1alpha1.ImagePreDownloadMinUpdatedReadyPodsKey},
}, {
	kind:     "DaemonSet",
	newAlpha: func() metav1.Object { return &v1alpha1.DaemonSet{} },
	newBeta:  func() metav1.Object { return &v1beta1.DaemonSet{} },
	up: func(alpha metav1.Object) metav1.Object {
		beta := &v1beta1.DaemonSet{}
		must(alpha.(*v1alpha1.DaemonSet).ConvertTo(beta))
		return beta
	},
	down: func(beta metav1.Object) metav1.Object {
		alpha := &v1alpha1.DaemonSet{}
		must(alpha.ConvertFrom(beta.(*v1beta1.DaemonSet)))
		return alpha
	},
	keepAlpha: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1alpha1.DaemonSet)
		if set.Spec.UpdateStrategy.RollingUpdate != nil {
			set.Spec.UpdateStrategy.RollingUpdate.Type = pick(r, "", v1beta1.StandardRollingUpdateType, v1beta1.InplaceRollingUpdateType)
		}
	},
	keepBeta: func(object metav1.Object, r *rand.Rand) {
		set := object.(*v1beta1.DaemonSet)
		if set.Spec.UpdateStrategy.RollingUpdate != nil {
			set.Spec.UpdateStrategy.RollingUpdate.Type = pick(r, "", v1beta1.StandardRollingUpdateType, v1beta1.InplaceRollingUpdateType)
		}
		set.Spec.ScaleStrategy = pick(r, nil, &v1beta1.DaemonSetScaleStrategy{PartitionedScaling: true})
		delete(set.Annotations, v1alpha1.ProgressiveCreatePodKey)
	},
	annotate: []string{v1alpha1.ProgressiveCreatePodKey},
}, {
	kind:     "StatefulSet",
	newAlpha: func() metav1.Object { return &v1alpha1.StatefulSet{} },
	newBeta:  func() metav1.Object { return &v1beta1.StatefulSet{} },
	up: func(alpha metav1.Object) metav1.Object {
		beta := &v1beta1.StatefulSet{}
		must(alpha.(*v1alpha1.StatefulSet).ConvertTo(beta))
		return beta
	},
	down: func(beta metav1.Object) metav1.Object {
		alpha := &v1alpha1.StatefulSet{}
		must(alpha.ConvertFrom(beta.(*v1beta1.StatefulSet)))
		return alpha
	},
	keepAlpha: func(object metav1.Object, r *rand.Rand) {
		delete(object.GetAnnotations(), v1alpha1.KeptStatefulSetSpecKey)
	},
	keepBeta: func(object metav1.Object, r *rand.Rand) {
		delete(object.GetAnnotations(), v1alpha1.KeptStatefulSetSpecKey)
		set := object.(*v1beta1.StatefulSet)
		set.Status.UpdatedReadyReplicas, set.Status.UpdatedAvailableReplicas, set.Status.VolumeClaims = 0, 0, nil
	},
	annotate: []string{v1alpha1.KeptStatefulSetSpecKey},
}}

func TestTypedAndRawConversionAgree(t *testing.T) {
	forAll(t, func(t *testing.T, v versions, alpha, beta metav1.Object, _ *rand.Rand) {
		same(t, "up", text(t, v.up(alpha)), retype(t, v.newBeta(), object(t, text(t, alpha), "v1beta1")))
		same(t, "down", text(t, v.down(beta)), retype(t, v.newAlpha(), object(t, text(t, beta), "v1alpha1")))
	})
}

func TestConversionSettlesAfterOneWay(t *testing.T) {
	forAll(t, func(t *testing.T, v versions, alpha, beta metav1.Object, _ *rand.Rand) {
		up := v.up(alpha)
		same(t, "up", text(t, up), text(t, v.up(v.down(up))))
		down := v.down(beta)
		same(t, "down", text(t, down), text(t, v.down(v.up(down))))
	})
}

func TestNothingIsLostThereAndBack(t *testing.T) {
	forAll(t, func(t *testing.T, v versions, alpha, beta metav1.Object, r *rand.Rand) {
		v.keepAlpha(alpha, r)
		same(t, "v1alpha1", text(t, alpha), text(t, v.down(v.up(alpha))))
		v.keepBeta(beta, r)
		same(t, "v1beta1", text(t, beta), text(t, v.up(v.down(beta))))
	})
}

func TestConversionSharesNothingWithItsSource(t *testing.T) {
	forAll(t, func(t *testing.T, v versions, alpha, beta metav1.Object, _ *rand.Rand) {
		before := string(text(t, alpha))
		scribble(v.up(alpha))
		same(t, "v1alpha1", []byte(before), text(t, alpha))
		before = string(text(t, beta))
		scribble(v.down(beta))
		same(t, "v1beta1", []byte(before), text(t, beta))
	})
}

func scribble(object metav1.Object) {
	for key := range object.GetLabels() {
		object.GetLabels()[key] = "scribbled"
	}
	for key := range object.GetAnnotations() {
		object.GetAnnotations()[key] = "scribbled"
	}
}

// pair is a random object of either version.
type pair struct{ alpha, beta metav1.Object }

// pairs holds the random objects by kind. They are made once: filling pod templates takes most of the time.
var pairs = sync.OnceValue(func() map[string][]pair {
	made := map[string][]pair{}
	for _, v := range kinds {
		for seed := range int64(rounds) {
			r := rand.New(rand.NewSource(seed))
			fill := filler(r)
			alpha, beta := v.newAlpha(), v.newBeta()
			for i, object := range []metav1.Object{alpha, beta} {
				fill.Fill(object)
				season(object, v, r)
				version := []schema.GroupVersion{v1alpha1.GroupVersion, v1beta1.GroupVersion}[i]
				if v.group != "" {
					version.Group = v.group
				}
				object.(runtime.Object).GetObjectKind().SetGroupVersionKind(version.WithKind(v.kind))
			}
			made[v.kind] = append(made[v.kind], pair{alpha, beta})
		}
	}
	return made
})

func forAll(t *testing.T, check func(t *testing.T, v versions, alpha, beta metav1.Object, r *rand.Rand)) {
	for _, v := range kinds {
		t.Run(v.kind, func(t *testing.T) {
			for seed, pair := range pairs()[v.kind] {
				check(t, v, clone(pair.alpha), clone(pair.beta), rand.New(rand.NewSource(int64(seed))))
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func clone(object metav1.Object) metav1.Object {
	return object.(runtime.Object).DeepCopyObject().(metav1.Object)
}

func filler(r *rand.Rand) *randfill.Filler {
	funcs := fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, func(serializer.CodecFactory) []any {
		return []any{
			func(value *intstr.IntOrString, c randfill.Continue) {
				*value = pick(c.Rand, intstr.FromInt32(3), intstr.FromInt32(-1), intstr.FromString("50%"), intstr.FromString("7"))
			},
			func(value *v1alpha1.CloneSetUpdateStrategyType, c randfill.Continue) {
				*value = pick[v1alpha1.CloneSetUpdateStrategyType](c.Rand, "", "ReCreate", "InPlaceIfPossible", "InPlaceOnly", "OnDelete", "Foo")
			},
			func(value *v1beta1.CloneSetUpdateStrategyType, c randfill.Continue) {
				*value = pick[v1beta1.CloneSetUpdateStrategyType](c.Rand, "", "RollingUpdate", "OnDelete", "Foo")
			},
			func(value *v1beta1.RollingUpdateType, c randfill.Continue) {
				*value = pick[v1beta1.RollingUpdateType](c.Rand, "", "Standard", "InPlaceIfPossible", "Foo")
			},
			func(value *runtime.RawExtension, c randfill.Continue) {
				value.Raw = []byte(pick(c.Rand, `{}`, `{"metadata":{"labels":{"a":"b"}}}`, `null`, `[1.50]`))
			},
			func(value *v1beta1.PodUpdateStrategyType, c randfill.Continue) {
				*value = pick[v1beta1.PodUpdateStrategyType](c.Rand, "", "ReCreate", "InPlaceOnly", "OnDelete", "Foo")
			},
			func(value *metav1.Condition, c randfill.Continue) {
				c.FillNoCustom(value)
				value.Type, value.Status = pick(c.Rand, "PreRecreateGrace", "Foo"), pick(c.Rand, metav1.ConditionTrue, metav1.ConditionFalse)
			},
			func(value *policyv1beta1.PubOperation, c randfill.Continue) {
				*value = pick[policyv1beta1.PubOperation](c.Rand, "DELETE", "UPDATE", "EVICT", "RESIZE", "Foo")
			},
		}
	})
	return fuzzer.FuzzerFor(funcs, r, serializer.NewCodecFactory(runtime.NewScheme())).NilChance(.5).NumElements(1, 2)
}

// season adds, in half of the objects, the labels, annotations and values that mean something.
func season(object metav1.Object, v versions, r *rand.Rand) {
	values := []string{"", "true", "5", "05", "-1", "50%", "InPlaceOnly", `{"ordinals":{"start":3}}`, `{"reserveOrdinals":"x"}`,
		" DELETE , EVICT,", "UPDATE,RESIZE", "DELETE,Foo", `{"matchLabels":{"a":"b"}}`, `{"matchLabels":3}`, "null",
		"2026-05-01T12:00:00Z", "2026-05-01T12:00:00.5+08:00", "9999-12-31T23:59:59-01:00", `[{"name":"c","ready":true,"restartCount":2}]`, `[{"name":"c"},null]`, `[{"name":3}]`,
		`{"spec":{"images":["a"]}}`, `{"spec":{"images":3}}`}
	labels, annotations := object.GetLabels(), object.GetAnnotations()
	if labels == nil {
		labels = map[string]string{}
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	for _, key := range v.labels {
		if r.Intn(2) == 0 {
			labels[key] = pick(r, values...)
		}
	}
	for _, key := range v.annotate {
		if r.Intn(2) == 0 {
			annotations[key] = pick(r, values...)
		}
	}
	object.SetLabels(labels)
	object.SetAnnotations(annotations)
	if set, ok := object.(*v1alpha1.DaemonSet); ok && set.Spec.UpdateStrategy.RollingUpdate != nil && r.Intn(2) == 0 {
		set.Spec.UpdateStrategy.RollingUpdate.Type = v1alpha1.DeprecatedSurgingRollingUpdateType
	}
}

func pick[T any](r interface{ Intn(int) int }, from ...T) T { return from[r.Intn(len(from))] }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func text(t *testing.T, object any) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func object(t *testing.T, raw []byte, version string) []byte {
	t.Helper()
	var header metav1.TypeMeta
	if err := json.Unmarshal(raw, &header); err != nil {
		t.Fatal(err)
	}
	converted, err := convert.Object(raw, header.GroupVersionKind().Group+"/"+version)
	if err != nil {
		t.Fatal(err)
	}
	return converted
}

// retype decodes into a type and encodes again, which drops what the type would not write.
func retype(t *testing.T, typed any, raw []byte) []byte {
	t.Helper()
	if err := json.Unmarshal(raw, typed); err != nil {
		t.Fatal(err)
	}
	return text(t, typed)
}

func same(t *testing.T, name string, want, got []byte) {
	t.Helper()
	if string(want) == string(got) {
		return
	}
	if diff := cmp.Diff(numbers(t, want), numbers(t, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
