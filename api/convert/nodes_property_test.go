package convert_test

import (
	"math/rand"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// What is about nodes: images that are pulled there, and pods that go back.
func init() {
	keepAll := func(metav1.Object, *rand.Rand) {}
	kinds = append(kinds, versions{
		kind:     "ImagePullJob",
		newAlpha: func() metav1.Object { return &v1alpha1.ImagePullJob{} },
		newBeta:  func() metav1.Object { return &v1beta1.ImagePullJob{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.ImagePullJob{}
			must(alpha.(*v1alpha1.ImagePullJob).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.ImagePullJob{}
			must(alpha.ConvertFrom(beta.(*v1beta1.ImagePullJob)))
			return alpha
		},
		keepAlpha: keepAll, keepBeta: keepAll,
	}, versions{
		kind:     "ImageListPullJob",
		newAlpha: func() metav1.Object { return &v1alpha1.ImageListPullJob{} },
		newBeta:  func() metav1.Object { return &v1beta1.ImageListPullJob{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.ImageListPullJob{}
			must(alpha.(*v1alpha1.ImageListPullJob).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.ImageListPullJob{}
			must(alpha.ConvertFrom(beta.(*v1beta1.ImageListPullJob)))
			return alpha
		},
		keepAlpha: keepAll, keepBeta: keepAll,
	}, versions{
		kind:     "NodeImage",
		newAlpha: func() metav1.Object { return &v1alpha1.NodeImage{} },
		newBeta:  func() metav1.Object { return &v1beta1.NodeImage{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.NodeImage{}
			must(alpha.(*v1alpha1.NodeImage).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.NodeImage{}
			must(alpha.ConvertFrom(beta.(*v1beta1.NodeImage)))
			return alpha
		},
		keepAlpha: func(object metav1.Object, _ *rand.Rand) {
			delete(object.GetAnnotations(), v1alpha1.KeptPullSecretModesKey)
		},
		keepBeta: func(object metav1.Object, r *rand.Rand) {
			delete(object.GetAnnotations(), v1alpha1.KeptPullSecretModesKey)
			for _, image := range object.(*v1beta1.NodeImage).Spec.Images {
				for i := range image.PullSecrets { // so that some are alike
					image.PullSecrets[i].Namespace, image.PullSecrets[i].Name = "n", pick(r, "s", "t")
				}
			}
		},
		annotate: []string{v1alpha1.KeptPullSecretModesKey},
	}, versions{
		kind:     "PersistentPodState",
		newAlpha: func() metav1.Object { return &v1alpha1.PersistentPodState{} },
		newBeta:  func() metav1.Object { return &v1beta1.PersistentPodState{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.PersistentPodState{}
			must(alpha.(*v1alpha1.PersistentPodState).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.PersistentPodState{}
			must(alpha.ConvertFrom(beta.(*v1beta1.PersistentPodState)))
			return alpha
		},
		keepAlpha: keepAll, keepBeta: keepAll,
	})
}
